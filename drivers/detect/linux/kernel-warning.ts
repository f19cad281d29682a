import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the kernel met something that should not be, and went on",
  sources: [
    'Linux kernel/panic.c __warn(): "WARNING: CPU: %d PID: %d at %pB"',
    'Linux kernel/irq/spurious.c: "irq %d: nobody cared"',
  ],
  state: "warning",
  class: "kernel-warning",
  action: "notify",
  view: "line",
  pattern:
    /^(?:WARNING: (?:CPU: \d{1,4} PID: \d{1,8} at |at |\S{3,100}:\d{1,6} at \S|.{1,80} at .{1,80}:\d{1,6})|-{3,20}\[ cut here \]-{3,20}|irq \d{1,5}: nobody cared|Badness at |-{3}\[ end trace |refcount_t: |unchecked MSR access error: |NETDEV WATCHDOG: |sysfs: cannot create duplicate filename )/,
  hints: [
    "warning: ",
    "cut here",
    "nobody cared",
    "badness at ",
    "end trace ",
    "refcount_t: ",
    "unchecked msr access",
    "netdev watchdog",
    "create duplicate filename",
  ],
  matches: [
    "WARNING: CPU: 0 PID: 1 at kernel/foo.c:12 bar+0x1/0x2",
    "WARNING: kernel/foo.c:12 at bar+0x1/0x2, CPU#0: swapper/0/1",
    "NETDEV WATCHDOG: eth0 (e1000e): transmit queue 0 timed out",
    "WARNING: at net/core/dev.c:1594 skb_gso_segment+0x1e1/0x250()",
    'irq 18: nobody cared (try booting with the "irqpoll" option)',
    "------------[ cut here ]------------",
  ],
  rejects: [
    "WARNING: the mand mount option is being deprecated and",
    "WARNING: apt does not have a stable CLI interface.",
  ],
});
