import { defineRule } from "oob/sdk";

export default defineRule({
  means: "a guest of this hypervisor crashed, not the host",
  sources: ['Xen xen/common/domain.c, xen/arch/x86: "Domain %d (vcpu#%d) crashed on cpu#%d:"'],
  state: "warning",
  class: "service-failed",
  action: "notify",
  view: "line",
  pattern: /^\(XEN\) (?:\[[^\]]{1,40}\] )?Domain [1-9]\d{0,5} (?:\(vcpu#\d{1,4}\) )?crashed on cpu/,
  hints: ["crashed on cpu"],
  matches: ["(XEN) Domain 3 (vcpu#0) crashed on cpu#1:"],
  rejects: ["(XEN) Domain 0 crashed: rebooting machine in 5 seconds."],
});
