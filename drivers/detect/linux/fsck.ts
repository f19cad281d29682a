import { defineRule } from "oob/sdk";

export default defineRule({
  means: "a file system check is under way",
  sources: [
    "xfsprogs repair/phase1.c; btrfs-progs check/main.c; reiserfsprogs",
    "e2fsprogs e2fsck/unix.c e2fsck_simple_progress()",
    'systemd src/fsckd: "Checking in progress on"',
  ],
  state: "busy",
  class: "fsck",
  action: "hold",
  view: "line",
  pattern:
    /^(?:systemd-fsck\[\d{1,8}\]: )?\S{1,60}: \|[=\s/|\\-]{1,80}[|/\\-]? {0,3}\d{1,3}(?:\.\d)?%|^Pass [1-5]: Checking |^Checking in progress on \d|^fsck\.\w{2,8}: .{0,60}\d{1,3}\.\d%|^(?:systemd-fsck\[\d{1,8}\]: )?\S{1,60} (?:was not cleanly unmounted|contains a file system with errors|has been mounted \d{1,6} times without being checked|has gone \d{1,6} days without being checked), check forced|^\*\* Phase [1-5]\b|^\*\* SU\+J Recovering \S|^\*\* Building recovery table|^bcachefs \([^)]{1,60}\): check_\w{3,40}(?:\.\.\.$|: \d{1,3}%)|^Phase [1-7] - (?:find and verify|using internal|zero log|scan|process|check|rebuild|traverse|reset)|^\[[1-8]\/[78]\] checking (?:root|extents|free|fs|csums|quota|log)|^#{5,20} reiserfsck --|^(?:\[[ *]{3,8}\] )?(?:\(\d{1,4} of \d{1,4}\) )?(?:A start job is running for File System Check on|Job systemd-fsck.{1,100}\/start running)/,
  hints: [
    "%",
    "pass ",
    "checking in progress",
    "check forced",

    "phase ",
    "] checking ",
    "reiserfsck --",
    "j recovering /dev",
    "building recovery table",
    "): check_",
    "file system check on",
    "job systemd-fsck",
  ],
  matches: [
    "/dev/sda1: |======                                 \\ 12.3%",
    "/dev/vda: |==========       | 87.1%   ",
    "Pass 2: Checking directory structure",
    "/dev/vda contains a file system with errors, check forced.",
    "systemd-fsck[212]: /dev/vda contains a file system with errors, check forced.",
    "[  *** ] (1 of 2) Job systemd-fsck@dev-sdb1.service/start running (3min 2s / no limit)",
    "[***   ] A start job is running for File System Check on /dev/sdb1 (12s / no limit)",
    "Phase 1 - find and verify superblock...",
    "[1/7] checking root items",
    "** SU+J Recovering /dev/ada0p2",
    "bcachefs (sda2): check_allocations: 30%, done 12345/41150 nodes",
  ],
  rejects: [
    "50% done",
    "Pass the salt",
    "Phase 1 - planning",
    "[  OK  ] Finished File System Check on /dev/sdb1.",
  ],
});
