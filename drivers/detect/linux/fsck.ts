import { defineRule } from "oob/sdk";

export default defineRule({
  means: "a file system check is under way",
  sources: [
    "e2fsprogs e2fsck/unix.c e2fsck_simple_progress()",
    'systemd src/fsckd: "Checking in progress on"',
  ],
  state: "busy",
  class: "fsck",
  action: "hold",
  view: "line",
  pattern:
    /^\S{1,60}: \|[=\s/|\\-]{1,80}[|/\\-]? {0,3}\d{1,3}(?:\.\d)?%|^Pass [1-5]: Checking |^Checking in progress on \d|^fsck\.\w{2,8}: .{0,60}\d{1,3}\.\d%|^\S{1,60} (?:was not cleanly unmounted|contains a file system with errors|has been mounted \d{1,6} times without being checked|has gone \d{1,6} days without being checked), check forced|^\*\* Phase [1-5]\b/,
  hints: ["%", "pass ", "checking in progress", "check forced", "** phase "],
  matches: [
    "/dev/sda1: |======                                 \\ 12.3%",
    "/dev/vda: |==========       | 87.1%   ",
    "Pass 2: Checking directory structure",
    "/dev/vda contains a file system with errors, check forced.",
  ],
  rejects: ["50% done", "Pass the salt"],
});
