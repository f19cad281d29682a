import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the kernel shows where it panicked",
  sources: [
    'FreeBSD sys/kern/kern_shutdown.c vpanic(): "cpuid = %d", then kdb_backtrace(): "KDB: stack backtrace:"',
    'OpenBSD sys/kern/subr_prf.c panic(): "Starting stack trace..." (splassert_fail() prints it as well, and goes on)',
    "FreeBSD sys/kern/subr_witness.c: the same trace behind a lock order reversal, and the kernel goes on",
  ],
  state: "crash",
  class: "panic",
  action: "recover",
  view: "line",
  after: ["panic"],
  pattern:
    /^(?:KDB: stack backtrace|cpuid = \d{1,4}(?:$|; (?:apic|lapic) id = )|Starting stack trace\.\.\.|_?(?:trap|calltrap)\(\) at .{1,60}\/frame)/,
  hints: ["kdb: stack backtrace", "cpuid = ", "starting stack trace", "trap() at"],
  matches: ["KDB: stack backtrace:", "cpuid = 0", "cpuid = 2; apic id = 02"],
  rejects: ["cpuid = 0x10", "the cpuid = 0"],
});
