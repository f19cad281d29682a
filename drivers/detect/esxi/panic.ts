import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the VMware kernel showed its purple screen",
  sources: ["VMware KB 1004250: interpreting an ESX host purple diagnostic screen"],
  state: "crash",
  class: "panic",
  action: "recover",
  view: "line",
  pattern:
    /^(?:#(?:PF|GP|UD|DE|DF|NM|MF|MC) Exception \d{1,3} in world \d|@BlueScreen: |PANIC bora\/|PCPU \d{1,4}: no heartbeat|PCPU \d{1,4} locked up\. Failed to ack TLB invalidate|Spin count exceeded .{0,60}possible deadlock|(?:ASSERT|VERIFY|Failed at) bora\/|Machine Check Exception: .{0,80} on PCPU ?\d|Panic Message: @BlueScreen|NOT_(?:REACHED|IMPLEMENTED) bora\/|LINT1(?:\/NMI)? \(motherboard nonmaskable interrupt\)|The system has found a problem on your machine)/,
  hints: [
    "exception ",
    "bluescreen: ",
    "panic bora/",
    "no heartbeat",
    "_reached bora/",
    "_implemented bora/",
    "motherboard nonmaskable",
    "system has found a problem on",
    "failed to ack tlb",
    "spin count exceeded",
    "assert bora/",
    "verify bora/",
    "failed at bora/",
    "machine check exception: ",
  ],
  matches: [
    "#PF Exception 14 in world 2097253:vmm1:VM-DB IP 0x418033a8c1f7 addr 0x0",
    "The system has found a problem on your machine and cannot continue.",
    "PCPU 10 locked up. Failed to ack TLB invalidate (total of 1 locked up, PCPU(s): 10).",
    "ASSERT bora/vmkernel/sched/cpusched.c:3480",
    "@BlueScreen: NMI IPI: Panic requested",
  ],
  rejects: ['Exception in thread "main"'],
});
