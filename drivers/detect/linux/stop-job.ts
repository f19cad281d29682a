import { defineRule } from "oob/sdk";

export default defineRule({
  means: "systemd waits for something to stop",
  sources: ["systemd src/core/manager.c manager_print_jobs_in_progress()"],
  state: "busy",
  class: "stop-job",
  action: "hold",
  view: "line",
  pattern:
    /^(?:\[[ *]{3,8}\] )?(?:\(\d{1,4} of \d{1,4}\) )?(?:A stop job is running for .{1,120}|Job .{1,120}(?:\/stop|\xe2\x80\xa6(?:\/?stop|top|op)) running) \([\dmins. h]{1,20} \/ (?!no limit)/,
  hints: ["a stop job is running", "op running"],
  matches: [
    "[  *** ] A stop job is running for Session 1 of User root (12s / 1min 30s)",
    "[  *** ] (1 of 2) Job libvirt-guests.service\xe2\x80\xa6top running (2min 3s / 5min)",
    "[*     ] Job foo.service/stop running (1s / 1min 30s)",
  ],
  rejects: ["A stop job is running for foo (3min / no limit)"],
});
