import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the host was halted in order",
  sources: ['Linux kernel/reboot.c kernel_halt(): "reboot: System halted"'],
  state: "healthy",
  class: "halted",
  action: "none",
  view: "line",
  pattern: /^(?:reboot: System halted|System halted\.$|The operating system has halted)/,
  hints: ["system halted", "operating system has halted"],
  matches: ["reboot: System halted", "System halted.", "The operating system has halted."],
  rejects: ["-- System halted", "system halted by operator"],
});
