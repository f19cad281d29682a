import { defineRule } from "oob/sdk";

export default defineRule({
  means: "GRUB could not boot and waits for a key",
  sources: [
    "GRUB 0.97 manual, Stage 2 errors",
    'GRUB 2 grub-core/normal/menu.c: "Press any key to continue..."',
  ],
  state: "stuck",
  class: "boot-loader",
  action: "recover",
  view: "line",
  pattern:
    /^(?:Press any key to continue\.\.\.|Failed to boot both default and fallback entries|error: you need to load the kernel first|Error 13: Invalid or unsupported executable|Error 15: File not found|Error 16: Inconsistent filesystem|Error 17: Cannot mount selected|Error 18: Selected cylinder|Error 21: Selected disk|Error 22: No such partition|Error 24: Attempt to access block|Error 28: Selected item|GRUB (?:Hard Disk|Read|Geom|Floppy) Error)/,
  hints: [
    "press any key to continue...",
    "failed to boot both",
    "you need to load the kernel",
    "error 1",
    "error 2",

    "hard disk error",
    "grub read error",
    "grub geom error",
  ],
  matches: [
    "Press any key to continue...",
    "Failed to boot both default and fallback entries.",
    "Error 15: File not found",
    "Error 17: Cannot mount selected partition",
    "GRUB Hard Disk Error",
  ],
  rejects: ["Press any key to continue", "Error 404: Not found", "Error 110: timeout"],
});
