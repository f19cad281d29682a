import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the kernel died before its console was up",
  sources: [
    'Linux arch/x86/boot/compressed/misc.c error(): "\\n\\n -- System halted"',
    'Linux arch/x86/kernel/head_64.S: "PANIC: early exception"',
  ],
  state: "crash",
  class: "panic",
  action: "recover",
  view: "line",
  pattern: /^(?:-- System halted|PANIC: early exception)/,
  hints: ["-- system halted", "panic: early exception"],
  matches: [
    " -- System halted",
    "PANIC: early exception 0x0d IP 10:ffffffff8106f2b9 error 0 cr2 0x0",
  ],
  rejects: ["reboot: System halted", "PANIC: early bird"],
});
