import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the kernel suspects a memory leak of its own",
  sources: ['Linux mm/kmemleak.c: "%d new suspected memory leaks"'],
  state: "warning",
  class: "memory-leak",
  action: "notify",
  view: "line",
  pattern:
    /^(?:kmemleak: \d{1,8} new suspected memory leaks|BUG: memory leak|unreferenced object 0x[0-9a-f]{1,16} \(size)/,
  hints: ["suspected memory leaks", "bug: memory leak", "unreferenced object 0x"],
  matches: [
    "kmemleak: 3 new suspected memory leaks (see /sys/kernel/debug/kmemleak)",
    "unreferenced object 0xffff888100f4a300 (size 32):",
    "BUG: memory leak",
  ],
  rejects: ["kmemleak: Kernel memory leak detector initialized"],
});
