import { defineRule } from "oob/sdk";

export default defineRule({
  means: "a CPU or task holds up the kernel for tens of seconds",
  sources: [
    "Linux kernel/rcu/tree_stall.h print_other_cpu_stall(), print_cpu_stall()",
    "Linux Documentation/RCU/stallwarn.rst",
  ],
  state: "crash",
  class: "rcu-stall",
  action: "confirm",
  view: "line",
  stamped: true,
  pattern:
    /^(?:rcu: )?(?:INFO: rcu_?\w{0,20} (?:self-)?detected (?:expedited )?stalls?\b|INFO: Stall on |INFO: RCU detected CPU|.{0,8}rcu_\w{2,12} kthread (?:starved|timer wakeup))/,
  hints: [
    "detected stall",
    "detected expedited stall",
    "info: stall on ",
    "kthread starved",
    "kthread timer wakeup",
    "rcu detected cpu",
  ],
  matches: [
    "rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:",
    "INFO: rcu_sched self-detected stall on CPU",
    "rcu: INFO: rcu_preempt detected expedited stalls on CPUs/tasks: { 0-... } 21025 jiffies s: 1 root: 0x1/.",
    "rcu: rcu_preempt kthread starved for 10502 jiffies! g1 f0x0 RCU_GP_WAIT_FQS(5) ->state=0x0 ->cpu=1",
  ],
  rejects: [
    "rcu: Hierarchical RCU implementation.",
    "rcu: \\tRCU CPU stall warnings timeout set to 60 (rcu_cpu_stall_timeout).",
  ],
});
