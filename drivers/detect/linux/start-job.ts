import { defineRule } from "oob/sdk";

export default defineRule({
  means: "systemd waits for something with a time limit",
  sources: [
    "systemd src/core/job.c job_get_begin_running_message(), manager.c manager_print_jobs_in_progress()",
  ],
  state: "busy",
  class: "start-job",
  action: "hold",
  view: "line",
  pattern:
    /^(?:\[[ *]{3,8}\] )?(?:\(\d{1,4} of \d{1,4}\) )?(?:A start job is running for .{1,120}|Job .{1,120}(?:\/start|\xe2\x80\xa6(?:\/?start|tart|art|rt)) running) \([\dmins. h]{1,20} \/ (?!no limit)/,
  hints: ["a start job is running", "rt running"],
  matches: [
    "[  *** ] Job dev-disk-by\\x2duuid-0f0f.device/start running (39s / 1min 30s)",
    "[***   ] A start job is running for dev-sdz.device (12s / 1min 30s)",
    "[**    ] (3 of 3) Job systemd-logind.service\xe2\x80\xa6tart running (1min 12s / 2min 31s)",
    "(1 of 2) A start job is running for foo (3s / 5min)",
  ],
  rejects: ["[  *** ] A start job is running for Activation of DM RAID sets (3min 2s / no limit)"],
});
