import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the kernel found one of its own rules broken, and went on",
  sources: [
    'Linux kernel/sched/core.c: "BUG: scheduling while atomic", "BUG: sleeping function called"',
    'Linux mm/page_alloc.c bad_page(): "BUG: Bad page state"',
    'Linux mm/slub.c slab_bug(): "BUG %s (%s): %s"',
  ],
  state: "warning",
  class: "kernel-bug",
  action: "notify",
  view: "line",
  pattern:
    /^(?:BUG: (?:scheduling while atomic|sleeping function called|Bad (?:page|rss-counter)|using (?:smp_processor_id|__this_cpu)|atomic |Invalid wait|bad usercopy|non-zero|corrupted|Object |key |looking up|unlock|Tasks |assuming|KCOV|[A-Za-z])|BUG [\w:. -]{2,60} \((?:Not tainted|Tainted)|INFO: (?:Slab |Object |Freed in|Allocated in)|list_(?:add|del) corruption|usercopy: Kernel memory |swap_(?:free|dup): )/,
  hints: [
    "swap_free: ",
    "swap_dup: ",
    "bug: ",
    "bug ",
    "info: slab ",
    "info: object ",
    "info: freed in",
    "info: allocated in",
    "list_add corruption",
    "list_del corruption",
    "usercopy: kernel memory",
  ],
  matches: [
    "swap_free: Bad swap file entry 3800000000000001",
    "BUG: scheduling while atomic: swapper/0/0/0x00000100",
    "BUG: sleeping function called from invalid context at mm/slab.h:494",
    "BUG: Bad page state in process foo  pfn:12345",
    "BUG kmalloc-64 (Not tainted): Redzone overwritten",
  ],
  rejects: ["SystemError: BUG: this is a bug in python", "debug: something", "BUG 1234 was closed"],
});
