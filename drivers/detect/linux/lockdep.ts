import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the lock checker of a debugging kernel complains",
  sources: [
    "Linux kernel/locking/lockdep.c: print_circular_bug_header(), print_deadlock_bug() and others",
  ],
  state: "warning",
  class: "lockdep",
  action: "notify",
  view: "line",
  pattern:
    /^(?:\[ )?(?:WARNING|INFO|BUG): (?:possible (?:circular|recursive|irq lock|deadlock)|inconsistent (?:lock|\{)|suspicious RCU usage|bad unlock balance|held lock freed|.{0,40}lock held (?:when|at)|trying to register non-static key|nested lock was not taken|lock held|HARDIRQ|SOFTIRQ|.{0,60}unsafe.{0,30} lock order|still has locks held|locking bug|.{0,40}still has locks held|possible .{0,40}lock)|^(?:DEBUG_LOCKS_WARN_ON|possible reason: unannotated)|^\[ (?:INFO|BUG): .{3,80} \]$|^=+ ?\[ INFO: /,
  unless: /possible loss/,
  hints: [
    "possible ",
    "inconsistent ",
    "suspicious rcu usage",
    "bad unlock balance",
    "held lock freed",
    "lock held ",
    "non-static key",
    "nested lock was not",
    "unsafe lock order",
    "locks held",
    "debug_locks_warn_on",
    "[ info: ",
    "[ bug: ",
    "unsafe-",
  ],
  matches: [
    "WARNING: possible circular locking dependency detected",
    "[ INFO: possible recursive locking detected ]",
    "WARNING: suspicious RCU usage",
    "[ BUG: bad unlock balance detected! ]",
  ],
  rejects: ["WARNING: possible loss of data", "lockdep: locks held"],
});
