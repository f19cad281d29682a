import { defineRule } from "oob/sdk";

export default defineRule({
  means: "a damaged file system waits for a manual check",
  sources: [
    'e2fsprogs e2fsck/problem.c, fsck: "UNEXPECTED INCONSISTENCY; RUN fsck MANUALLY."',
    'initscripts rc.sysinit: "*** An error occurred during the file system check."',
    'sysvinit checkroot.sh: "A maintenance shell will now be started."',
  ],
  state: "stuck",
  class: "fsck-prompt",
  action: "recover",
  view: "line",
  pattern:
    /^(?:[\w.-]{1,30}(?:\[\d{1,8}\])?: )?(?:[\w/.=-]{1,80}: )?(?:UNEXPECTED (?:SOFT UPDATE )?INCONSISTENCY; RUN fsck(?:_\w{2,8})? MANUALLY|The \w{1,12} file ?system on \S{1,100} requires a manual fsck|\*\*\* An error occurred during the file system check|\*\*\* Dropping you to a shell; the system will reboot|A manual fsck must be performed|A maintenance shell will now be started|fsck failed\. {1,2}Please repair manually|(?:[Pp]lease )?[Rr]un fsck manually\b)/,
  hints: [
    "run fsck",
    "requires a manual fsck",
    "error occurred during the file system check",
    "dropping you to a shell; the",
    "manual fsck must be performed",
    "maintenance shell will now",
    "please repair manually",
  ],
  matches: [
    "/dev/sda1: UNEXPECTED INCONSISTENCY; RUN fsck MANUALLY.",
    "systemd-fsck[212]: /dev/sda1: UNEXPECTED INCONSISTENCY; RUN fsck MANUALLY.",
    "*** An error occurred during the file system check.",
    "A maintenance shell will now be started.",
    "The root filesystem on /dev/sda1 requires a manual fsck",
  ],
  rejects: ["fsck from util-linux 2.38.1", "/dev/sda1: clean, 12/345 files"],
});
