import { defineRule } from "oob/sdk";

export default defineRule({
  means: "a unit that systemd waited for is there",
  sources: ["systemd src/core/job.c: job_done_messages"],
  state: "healthy",
  class: "runtime",
  action: "none",
  view: "line",
  pattern:
    /^\[ {1,2}OK {1,2}\] (?:Finished|Started|Found device|Mounted|Reached target (?!.{0,60}(?:[Ss]hutdown|[Rr]eboot|[Uu]mount|[Uu]nmount|[Pp]ower|[Ff]inal|[Hh]alt)))|^\S{1,60}: clean, \d{1,12}\/\d{1,12} files|^bcachefs \([^)]{1,60}\): (?:going read-write|done starting filesystem)|^EXT4-fs \([^)]{1,40}\): mounted filesystem/,
  hints: [
    "[  ok  ] ",
    ": clean, ",
    "): mounted filesystem",
    "): going read-write",
    "done starting filesystem",
  ],
  matches: [
    "[  OK  ] Finished File System Check on Root Device.",
    "/dev/vda: clean, 31250/196608 files, 300000/786432 blocks",
    "bcachefs (sda2): going read-write",
    "EXT4-fs (vda): mounted filesystem with ordered data mode. Quota mode: none.",
  ],
  rejects: ["[  OK  ] Reached target Reboot.", "[  OK  ] Stopped foo."],
});
