import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the kernel ran into a BUG(): what it was doing is lost",
  sources: [
    'Linux lib/bug.c report_bug(): "kernel BUG at %s:%u!"',
    'Linux arch/mips/kernel/traps.c: "Kernel bug detected"',
    'Linux arch/s390: "monitor event: 0040"',
    "OpenZFS module/os/linux/spl/spl-err.c spl_panic(): the thread sleeps for ever",
  ],
  state: "crash",
  class: "kernel-bug",
  action: "confirm",
  view: "line",
  stamped: true,
  pattern:
    /^(?:kernel BUG at |Kernel BUG at |kernel BUG in |Kernel bug detected|BUG: failure at |rust_kernel: panicked at |monitor event: 0040|PANIC at \S{1,80}\.c:\d{1,6}:\w{1,80}\(\)|BUG: Dentry .{0,80}still in use)/,
  hints: [
    "kernel bug at ",
    "kernel bug in ",
    "kernel bug detected",
    "bug: failure at ",
    "rust_kernel: panicked",
    "monitor event: ",
    "panic at ",
    "still in use",
  ],
  matches: [
    "kernel BUG at fs/ext4/inode.c:2721!",
    "Kernel bug detected[#1]:",
    "PANIC at metaslab.c:624:metaslab_add()",
    "BUG: failure at kernel/sched/core.c:12/schedule()!",
  ],
  rejects: ["see the kernel BUG at fs/ext4/inode.c:2721", "kernel BUGS are rare"],
});
