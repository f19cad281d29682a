import { defineRule } from "oob/sdk";

export default defineRule({
  means: "a program or a BSD kernel says that it panicked",
  sources: [
    'FreeBSD sys/kern/kern_shutdown.c vpanic(): "panic: "',
    "OpenBSD sys/kern/subr_prf.c panic()",
    "NetBSD sys/kern/subr_prf.c vpanic()",
  ],
  state: "warning",
  class: "panic",
  action: "notify",
  view: "line",
  pattern: /^(?:panic|PANIC): \S/,
  unless:
    /runtime error|goroutine|ptrace|event_init|test timed out|\.go:\d|^panic: \(|[ []recovered\]/,
  hints: ["panic: "],
  matches: [
    'panic: kernel diagnostic assertion "x" failed',
    "panic: ffs_write: type 0xfffff80036275ce8 8 (0,230)",
  ],
  rejects: ["thread main panicked", "evtlog_status: enable:0, panic:1"],
});
