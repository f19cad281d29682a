import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the kernel debugger waits",
  sources: [
    'OpenBSD, NetBSD ddb(4): "ddb{0}> ", "db{0}> "',
    'FreeBSD ddb(4): "db> "',
    'Linux kdb: "[0]kdb> "',
    'Haiku src/system/kernel/debug/debug.cpp: "kdebug> "; IBM AIX: KDB kernel debugger: "KDB(0)> "',
  ],
  state: "stuck",
  class: "debugger-prompt",
  action: "confirm",
  view: "line",
  pattern:
    /^(?:ddb(?:\{\d{1,4}\})?|db(?:\{\d{1,4}\})?|\[\d{1,4}\]kdb|kdb|kdebug|KDB\(\d{1,4}\)|\[\d{1,4}\]more|\[\d{1,3}\])> ?$/,
  hints: ["more>", "kdebug>", ")> ", "db>", "}>", "kdb>", "]>"],
  prompt: true,
  matches: ["ddb{0}> ", "db> ", "ddb>", "[0]kdb> ", "kdebug> ", "KDB(0)> ", "[0]more> "],
  rejects: ["at the ddb> "],
});
