import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the kernel debugger waits",
  sources: [
    'OpenBSD, NetBSD ddb(4): "ddb{0}> ", "db{0}> "',
    'FreeBSD ddb(4): "db> "',
    'Linux kdb: "[0]kdb> "',
  ],
  state: "stuck",
  class: "debugger-prompt",
  action: "confirm",
  view: "line",
  pattern:
    /^(?:ddb(?:\{\d{1,4}\})?|db(?:\{\d{1,4}\})?|\[\d{1,4}\]kdb|kdb|\[\d{1,4}\]more|\[\d{1,3}\])> ?$/,
  hints: ["more>", "db>", "}>", "kdb>", "]>"],
  prompt: true,
  matches: ["ddb{0}> ", "db> ", "ddb>", "[0]kdb> ", "[0]more> "],
  rejects: ["at the ddb> "],
});
