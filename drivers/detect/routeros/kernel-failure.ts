import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the router restarted after a kernel failure",
  sources: ['MikroTik manual: log topic critical: "System rebooted because of kernel failure"'],
  state: "warning",
  class: "unexpected-reboot",
  action: "notify",
  view: "line",
  pattern:
    /(?:^|critical )(?:System|router) (?:was )?rebooted (?:because of kernel failure|without proper shutdown)/,
  hints: ["rebooted because of kernel", "rebooted without proper"],
  matches: [
    "system,error,critical router was rebooted without proper shutdown",
    "System rebooted because of kernel failure",
  ],
  rejects: ["rebooted because of kernel update"],
});
