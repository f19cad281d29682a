import { defineRule } from "oob/sdk";

export default defineRule({
  means: "a damaged file system waits for a manual check",
  sources: [
    'FreeBSD, NetBSD sbin/fsck/preen.c: "THE FOLLOWING FILE SYSTEM%s HAD AN UNEXPECTED INCONSISTENCY"',
    "OpenBSD sbin/fsck/preen.c",
  ],
  state: "stuck",
  class: "fsck-prompt",
  action: "recover",
  view: "line",
  pattern: /^THE FOLLOWING (?:DISKS?|FILE ?SYSTEMS?) HAD AN? /,
  hints: ["the following file system", "the following filesystem", "the following disk"],
  matches: [
    "THE FOLLOWING FILE SYSTEM HAD AN UNEXPECTED INCONSISTENCY:",
    "THE FOLLOWING FILE SYSTEMS HAD AN UNEXPECTED INCONSISTENCY:",
  ],
  rejects: ["the following file systems are mounted"],
});
