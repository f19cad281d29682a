import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the kernel ran into a BUG(): what it was doing is lost",
  sources: [
    'Linux lib/bug.c report_bug(): "kernel BUG at %s:%u!"',
    'Linux arch/mips/kernel/traps.c: "Kernel bug detected"',
    'Linux arch/s390: "monitor event: 0040"',
  ],
  state: "crash",
  class: "kernel-bug",
  action: "confirm",
  view: "line",
  pattern:
    /^(?:kernel BUG at |Kernel BUG at |kernel BUG in |Kernel bug detected|BUG: failure at |rust_kernel: panicked at |monitor event: 0040|BUG: Dentry .{0,80}still in use)/,
  hints: [
    "kernel bug at ",
    "kernel bug in ",
    "kernel bug detected",
    "bug: failure at ",
    "rust_kernel: panicked",
    "monitor event: ",
    "still in use",
  ],
  matches: [
    "kernel BUG at fs/ext4/inode.c:2721!",
    "Kernel bug detected[#1]:",
    "BUG: failure at kernel/sched/core.c:12/schedule()!",
  ],
  rejects: ["see the kernel BUG at fs/ext4/inode.c:2721", "kernel BUGS are rare"],
});
