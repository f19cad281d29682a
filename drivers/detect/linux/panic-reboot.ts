import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the kernel panicked and will restart the host by itself",
  sources: ['Linux kernel/panic.c: pr_emerg("Rebooting in %d seconds..\\n")'],
  state: "crash",
  class: "panic",
  action: "recover",
  view: "line",
  stamped: true,
  pattern: /^Rebooting in \d{1,6} seconds\.\.(?!\.)/,
  hints: ["rebooting in "],
  matches: ["Rebooting in 10 seconds..", "Rebooting in 86400 seconds.."],
  rejects: [
    "Rebooting in a moment",
    "The system is Rebooting in 10 seconds..",
    "Rebooting in 10 seconds...",
  ],
});
