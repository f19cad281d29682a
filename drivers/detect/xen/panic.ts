import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the Xen hypervisor panicked",
  sources: ['Xen xen/drivers/char/console.c panic(): "Panic on CPU %d:"'],
  state: "crash",
  class: "panic",
  action: "recover",
  view: "line",
  pattern: /^\(XEN\) (?:\[[^\]]{1,40}\] )?Panic on CPU \d{1,4}:/,
  hints: ["panic on cpu "],
  matches: ["(XEN) Panic on CPU 0:", "(XEN) [2025-03-03 04:05:06] Panic on CPU 12:"],
  rejects: ["the (XEN) Panic on CPU 0: lines"],
});
