import { defineRule } from "oob/sdk";

export default defineRule({
  means: "an orderly shutdown is under way",
  sources: [
    'illumos usr/src/cmd/svc/startd/graph.c: "The system is coming down.  Please wait."',
    'illumos usr/src/uts/common/syscall/uadmin.c: "syncing file systems..."',
  ],
  state: "busy",
  class: "reboot",
  action: "hold",
  view: "line",
  pattern:
    /^(?:svc\.startd: (?:The system is coming down|The system is down|\d{1,5} system services are now being stopped)|syncing file systems\.\.\.|INIT: New run level: [056])/,
  hints: ["svc.startd: ", "syncing file systems...", "new run level: "],
  matches: [
    "svc.startd: The system is coming down.  Please wait.",
    "svc.startd: 71 system services are now being stopped.",
    "syncing file systems... done",
  ],
  rejects: ["svc.startd: svc:/network/ssh:default: transitioned to maintenance"],
});
