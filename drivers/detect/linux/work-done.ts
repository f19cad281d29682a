import { defineRule } from "oob/sdk";

export default defineRule({
  means: "a rebuild or an announced shutdown ended",
  sources: ['Linux drivers/md/md.c: "md: %s: %s done."', 'systemd src/login: "has been cancelled"'],
  state: "healthy",
  class: "recovered",
  action: "none",
  view: "line",
  pattern:
    /^md: \w{1,20}: (?:recovery|resync|reshape|data-check|requested-resync) (?:done|interrupted)|^GEOM_(?:MIRROR|RAID3?): Device \S{1,40}: rebuilding provider \S{1,40} finished|^raid\d{1,3}: Reconstruction of (?:disk|spare) .{0,40}completed|^(?:The system )?[Ss]hutdown (?:has been )?cancell?ed|^The system shutdown has been cancell?ed/,
  hints: [
    "recovery done",
    "resync done",
    "reshape done",
    "data-check done",
    " interrupted",
    "cancel",
    " finished.",
    "reconstruction of ",
  ],
  matches: [
    "md: md0: recovery done.",
    "GEOM_MIRROR: Device gm0: rebuilding provider ada1 finished.",
    "raid0: Reconstruction of disk at col 1 completed",
    "The system shutdown has been cancelled at Sun 2026-11-22 08:12:48 UTC!",
  ],
  rejects: ["md: recovery of RAID array md0"],
});
