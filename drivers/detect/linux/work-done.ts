import { defineRule } from "oob/sdk";

export default defineRule({
  means: "a rebuild or an announced shutdown ended",
  sources: ['Linux drivers/md/md.c: "md: %s: %s done."', 'systemd src/login: "has been cancelled"'],
  state: "healthy",
  class: "recovered",
  action: "none",
  view: "line",
  pattern:
    /^md: \w{1,20}: (?:recovery|resync|reshape|data-check|requested-resync) (?:done|interrupted)|^(?:The system )?[Ss]hutdown (?:has been )?cancell?ed|^The system shutdown has been cancell?ed/,
  hints: [
    "recovery done",
    "resync done",
    "reshape done",
    "data-check done",
    " interrupted",
    "cancel",
  ],
  matches: [
    "md: md0: recovery done.",
    "The system shutdown has been cancelled at Sun 2026-11-22 08:12:48 UTC!",
  ],
  rejects: ["md: recovery of RAID array md0"],
});
