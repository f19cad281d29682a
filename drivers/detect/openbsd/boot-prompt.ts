import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the OpenBSD boot loader waits for a command",
  sources: ['OpenBSD sys/stand/boot/cmd.c: "boot> "'],
  state: "stuck",
  class: "boot-loader",
  action: "notify",
  view: "line",
  pattern: /^boot> ?$/,
  hints: ["boot> "],
  prompt: true,
  matches: ["boot> "],
  rejects: ["at boot> "],
});
