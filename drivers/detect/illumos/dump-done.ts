import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the crash dump is complete",
  sources: ['illumos usr/src/uts/common/os/dumpsubr.c: "dump succeeded"'],
  state: "crash",
  class: "panic",
  action: "recover",
  view: "line",
  after: ["crash-dump", "panic"],
  pattern:
    /^(?: {0,4}(?:\d{1,2}:\d\d {1,4})?\d{1,3}% done: \d{1,12} pages dumped, )?dump (?:succeeded$|failed: error \d|aborted)/,
  unless: /pg_dump|mysqldump|\w_dump/,
  hints: ["dump succeeded", "dump failed", "dump aborted"],
  matches: ["100% done: 123456 pages dumped, dump succeeded", "dump failed: error 5"],
  rejects: ["pg_dump failed"],
});
