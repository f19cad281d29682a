import { defineRule } from "oob/sdk";

export default defineRule({
  means: "a CPU has not let go of one task for long",
  sources: [
    'Linux kernel/watchdog.c watchdog_timer_fn(): "BUG: soft lockup - CPU#%d stuck for %us! [%s:%d]"',
    'Linux kernel/workqueue.c wq_watchdog_timer_fn(): "BUG: workqueue lockup"',
    'Linux kernel/locking/spinlock_debug.c: "BUG: spinlock lockup suspected"',
  ],
  state: "crash",
  class: "soft-lockup",
  action: "confirm",
  view: "line",
  stamped: true,
  pattern:
    /^(?:NMI )?(?:watchdog: )?BUG: (?:soft lockup\b|workqueue lockup\b|spinlock (?:lockup|trylock failure|cpu recursion|recursion)|rwlock)/,
  hints: ["bug: soft lockup", "bug: workqueue lockup", "bug: spinlock", "bug: rwlock"],
  matches: [
    "watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [insmod:422]",
    "BUG: workqueue lockup - pool cpus=0 node=0 flags=0x0 nice=0 stuck for 32s!",
    "NMI watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [sh:1]",
    "BUG: spinlock lockup suspected on CPU#0, kworker/0:1/123",
  ],
  rejects: ["soft lockup detector enabled", "logger: BUG: soft lockup - CPU#1"],
});
