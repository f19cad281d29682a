import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the Linux kernel panicked and halted",
  sources: [
    'Linux kernel/panic.c: pr_emerg("Kernel panic - not syncing: %s\\n")',
    'Linux 2.4 kernel/panic.c: "Kernel panic: %s"',
  ],
  state: "crash",
  class: "panic",
  action: "recover",
  view: "line",
  stamped: true,
  pattern: /^(?:-{3}\[ end )?Kernel panic(?: - not syncing)?(?::|$)/,
  hints: ["kernel panic"],
  matches: [
    "Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000100",
    "---[ end Kernel panic - not syncing: Fatal exception ]---",
    "Kernel panic: VFS: Unable to mount root fs on 03:05",
    "Kernel panic - not syncing:",
  ],
  rejects: [
    "kernel.panic = 10",
    "RuntimeError: Kernel panic - not syncing",
    "the words Kernel panic - not syncing: stand in this manual",
    "Started panic-button.service - Kernel panic button.",
  ],
});
