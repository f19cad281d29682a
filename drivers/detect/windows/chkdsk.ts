import { defineRule } from "oob/sdk";

export default defineRule({
  means: "Windows checks a disk",
  sources: ['Microsoft: chkdsk at boot: "CHKDSK is verifying files (stage 1 of 3)..."'],
  state: "busy",
  class: "fsck",
  action: "hold",
  view: "line",
  pattern:
    /^(?:CHKDSK is verifying|Checking file system on [A-Z]:|Stage [1-5]: Examining |Scanning and repairing drive)/,
  hints: [
    "chkdsk is verifying",
    "checking file system on",
    "examining ",
    "scanning and repairing drive",
  ],
  matches: [
    "CHKDSK is verifying files (stage 1 of 3)...",
    "Checking file system on C:",
    "Stage 1: Examining basic file system structure ...",
  ],
  rejects: ["Checking file system on /dev/sda1", "now Examining"],
});
