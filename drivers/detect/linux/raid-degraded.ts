import { defineRule } from "oob/sdk";

export default defineRule({
  means: "a software RAID lost a disk",
  sources: ['Linux drivers/md/raid1.c: "md/raid1:%s: Disk failure on %s, disabling device"'],
  state: "warning",
  class: "raid-degraded",
  action: "notify",
  view: "line",
  pattern:
    /^md\/raid[\w:]{1,12}: ?.{0,40}(?:Disk failure on|active with \d{1,4} out of)|^raid\d{1,2}: (?:Disk failure on|raid set \w{1,20} not clean)|^md: (?:kicking non-fresh|super_written gets error)|^md\/raid[\w:]{1,20}: Operation continuing on/,
  unless: /active with (\d{1,4}) out of \1 /,
  hints: [
    "active with ",
    "raid set ",
    "disk failure on",
    "kicking non-fresh",
    "super_written gets error",
    "operation continuing on",
  ],
  matches: [
    "md/raid1:md0: Disk failure on sdb1, disabling device.",
    "md/raid:md0: raid level 5 active with 2 out of 3 devices, algorithm 2",
    "raid1: Disk failure on sdb1, disabling device.",
    "md: kicking non-fresh sdb1 from array!",
  ],
  rejects: ["md/raid1:md0: active with 2 out of 2 mirrors"],
});
