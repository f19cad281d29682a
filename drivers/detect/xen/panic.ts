import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the Xen hypervisor panicked",
  sources: [
    "Xen xen/common/shutdown.c, xen/arch/x86/traps.c, xen/arch/x86/nmi.c",
    'Xen xen/drivers/char/console.c panic(): "Panic on CPU %d:"',
  ],
  state: "crash",
  class: "panic",
  action: "recover",
  view: "line",
  pattern:
    /^\(XEN\) (?:\[[^\]]{1,40}\] )?(?:Panic on CPU \d{1,4}:|FATAL TRAP: vector|(?:Hardware )?Dom(?:ain )?0 (?:crashed|halted): |Watchdog timer detects that CPU\d{1,4} is stuck|Manual reset required|Reboot in five seconds)/,
  hints: [
    "panic on cpu ",
    "fatal trap: vector",
    "dom0 crashed",
    "dom0 halted",
    "domain 0 crashed",
    "watchdog timer detects",
    "manual reset required",
    "reboot in five seconds",
  ],
  matches: [
    "(XEN) Panic on CPU 0:",
    "(XEN) [2025-03-03 04:05:06] Panic on CPU 12:",
    "(XEN) Hardware Dom0 crashed: rebooting machine in 5 seconds.",
    "(XEN) FATAL TRAP: vector = 2 (nmi)",
    "(XEN) Manual reset required ('noreboot' specified)",
  ],
  rejects: ["(XEN) Domain 3 (vcpu#0) crashed on cpu#1:", "the (XEN) Panic on CPU 0: lines"],
});
