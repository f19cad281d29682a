import { defineRule } from "oob/sdk";

export default defineRule({
  means: "process 1 died and froze; nothing will be started or stopped any more",
  sources: ['systemd src/core/crash-handler.c: freeze_or_exit_or_reboot(): "Freezing execution"'],
  state: "crash",
  class: "init-frozen",
  action: "confirm",
  view: "line",
  pattern:
    /^(?:systemd\[1\]: |\[!{6}\] )?(?:Freezing execution|Caught <(?:SEGV|ABRT|BUS|FPE|ILL|QUIT)>|Failed to (?:allocate manager object|mount API filesystems|start up manager)|Unit default\.target not found)/,
  hints: ["freezing execution", "caught <", "failed to ", "unit default.target not found"],
  matches: [
    "systemd[1]: Freezing execution.",
    "[!!!!!!] Failed to mount API filesystems.",
    "systemd[1]: Caught <SEGV>, dumped core as pid 412.",
  ],
  rejects: ["Failed to start foo.service", "myapp: Caught <SEGV> again"],
});
