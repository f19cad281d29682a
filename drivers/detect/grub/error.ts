import { defineRule } from "oob/sdk";

export default defineRule({
  means: "GRUB could not boot and waits for a key",
  sources: ['GRUB 2 grub-core/normal/menu.c: "Press any key to continue..."'],
  state: "stuck",
  class: "boot-loader",
  action: "recover",
  view: "line",
  pattern:
    /^(?:Press any key to continue\.\.\.|Failed to boot both default and fallback entries|error: you need to load the kernel first)/,
  hints: ["press any key to continue...", "failed to boot both", "you need to load the kernel"],
  matches: ["Press any key to continue...", "Failed to boot both default and fallback entries."],
  rejects: ["Press any key to continue"],
});
