import { defineRule } from "oob/sdk";

export default defineRule({
  means: "GRUB cannot find its own files and waits",
  sources: ['GRUB 2 grub-core/kern/rescue_reader.c: "grub rescue> "'],
  state: "stuck",
  class: "boot-loader",
  action: "recover",
  view: "line",
  pattern: /^grub rescue> ?$/,
  hints: ["grub rescue> "],
  prompt: true,
  matches: ["grub rescue> "],
  rejects: ["type at grub rescue> "],
});
