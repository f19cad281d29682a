import { defineRule } from "oob/sdk";

export default defineRule({
  means: "a software RAID copies its data",
  sources: ['Linux drivers/md/md.c: "md: %s of RAID array %s"'],
  state: "busy",
  class: "raid-rebuild",
  action: "hold",
  view: "line",
  pattern:
    /^GEOM_(?:MIRROR|RAID3?): Device \S{1,40}: rebuilding provider \S{1,40}\.$|^raid\d{1,3}: (?:initiating in-place reconstruction|Recon status: )|^md: (?:(?:recovery|resync|reshape|data-check|requested-resync) of|syncing|recovering) RAID array|\b(?:recovery|resync|reshape|check) = {1,3}\d{1,3}\.\d%/,
  hints: [
    "raid array",
    "rebuilding provider ",
    "in-place reconstruction",
    "recon status: ",
    "recovery = ",
    "resync = ",
    "reshape = ",
    "check = ",
  ],
  matches: [
    "md: resync of RAID array md0",
    "GEOM_MIRROR: Device gm0: rebuilding provider ada1.",
    "raid0: initiating in-place reconstruction on column 1",
    "md: syncing RAID array md0",
    "[==>......]  recovery = 12.6% (37043392/292945152) finish=127.5min speed=33440K/sec",
  ],
  rejects: ["md: md0: resync done.", "GEOM_MIRROR: Device gm0: rebuilding provider ada1 finished."],
});
