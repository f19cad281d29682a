import { defineRule } from "oob/sdk";

export default defineRule({
  means: "a service did not start",
  sources: ['systemd src/core/job.c: "[FAILED] Failed to start %s."'],
  state: "warning",
  class: "service-failed",
  action: "notify",
  view: "line",
  pattern:
    /^\[FAILED\] |^\[ (?:TIME|ABRT) \] |^systemd\[1\]: Failed to start |^IP-Config: (?:Failed|Auto-configuration of network failed|No network devices)/,
  hints: ["[failed] ", "[ time ] ", "systemd[1]: failed to start ", "ip-config: "],
  matches: [
    "[FAILED] Failed to start Load Kernel Modules.",
    "[ TIME ] Timed out waiting for device /dev/sdz.",
  ],
  rejects: ["[  OK  ] Started foo", "IP-Config: Complete:"],
});
