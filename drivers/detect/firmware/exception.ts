import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the firmware itself crashed",
  sources: [
    'EDK2 UefiCpuPkg CpuExceptionHandlerLib: "!!!! X64 Exception Type - %02x"',
    'EDK2 ArmPkg DefaultExceptionHandlerLib: "Synchronous Exception at 0x"',
    'TF-A: "PANIC at PC : 0x", "PANIC in EL3."',
    'OP-TEE: "Panic at "',
    "skiboot core/exceptions.c",
    'OpenSBI lib/sbi/sbi_trap.c: "trap handler failed"',
  ],
  state: "crash",
  class: "panic",
  action: "confirm",
  view: "line",
  pattern:
    /^(?:!{4} (?:X64|IA32|AARCH64|RISCV64) Exception Type - |(?:Synchronous|SError|IRQ|FIQ) Exception at 0x[0-9A-F]|PANIC at PC : 0x|PANIC in EL3|BACKTRACE: START: |[EF]\/TC:[\w? ]{1,12} Panic at |sbi_trap_error: hart\d{1,4}: trap|\[\d{1,8}\.\d{9},\d\] (?:Fatal Exception 0x[0-9a-f]|Aborting!)|\*{4,60} Fatal (?:MCE|Exception) )/,
  hints: [
    " exception type - ",
    " exception at 0x",
    "panic at pc : ",
    "panic in el3",
    "backtrace: start",
    "panic at ",
    "sbi_trap_error",
    "fatal mce",
    "] aborting!",
    "fatal exception ",
  ],
  matches: [
    "!!!! X64 Exception Type - 0E(#PF - Page-Fault)  CPU Apic ID - 00000000 !!!!",
    "PANIC at PC : 0x00000000bfe01234",
    "Synchronous Exception at 0x00000000BFE01234",
    "E/TC:0 0 Panic at core/kernel/assert.c:28 <_assert_break>",
    "[10.123456790,0] Fatal Exception 0xe40 at 0000000030012345    MSR 9000000000021002",
    "sbi_trap_error: hart0: trap0: trap handler failed (error -2)",
  ],
  rejects: ["do not PANIC at PC", "PANIC at the disco"],
});
