import { defineRule } from "oob/sdk";

export default defineRule({
  means: "a service did not start",
  sources: ['systemd src/core/job.c: "[FAILED] Failed to start %s."'],
  state: "warning",
  class: "service-failed",
  action: "notify",
  view: "line",
  pattern:
    /^\[(?:FAILED|DEPEND)\] |^\* ERROR: \S{1,60} failed to start|^\[ (?:TIME|ABRT) \] |^systemd\[1\]: Failed to start |^IP-Config: (?:Failed|Auto-configuration of network failed|No network devices)/,
  hints: [
    "[ abrt ] ",
    "[failed] ",
    "[depend] ",
    "failed to start",
    "[ time ] ",
    "systemd[1]: failed to start ",
    "ip-config: ",
  ],
  matches: [
    "[FAILED] Failed to start Load Kernel Modules.",
    "[DEPEND] Dependency failed for /data.",
    "* ERROR: sshd failed to start",
    "[ TIME ] Timed out waiting for device /dev/sdz.",
  ],
  rejects: ["[  OK  ] Started foo", "IP-Config: Complete:"],
});
