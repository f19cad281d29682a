import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the GRUB command line waits",
  sources: ['GRUB 2 grub-core/normal/main.c: "grub> "'],
  state: "stuck",
  class: "boot-loader",
  action: "recover",
  view: "line",
  pattern: /^(?:sh:)?grub> $/,
  hints: ["grub> "],
  prompt: true,
  matches: ["grub> ", "sh:grub> "],
  rejects: ["at grub> "],
});
