import { defineRule } from "oob/sdk";

export default defineRule({
  means: "VMware ESXi starts",
  sources: ['VMware ESXi boot loader: "Loading VMware ESXi"'],
  state: "healthy",
  class: "boot",
  action: "none",
  view: "line",
  pattern: /^Loading VMware (?:ESXi|Hypervisor)/,
  hints: ["loading vmware "],
  matches: ["Loading VMware ESXi"],
  rejects: ["VMware ESXi 7.0.3 [Releasebuild-17630552 x86_64]"],
});
