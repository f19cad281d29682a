import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the Xen hypervisor starts",
  sources: ['Xen xen/drivers/char/console.c: "Xen version %d.%d%s"'],
  state: "healthy",
  class: "boot",
  action: "none",
  view: "line",
  pattern: /^\(XEN\) (?:\[[^\]]{1,40}\] )?Xen version \d/,
  hints: ["xen version "],
  matches: ["(XEN) Xen version 4.17.1 (Debian 4.17.1) (pkg@debian.org) (gcc) debug=n"],
  rejects: ["Xen version: 4.17"],
});
