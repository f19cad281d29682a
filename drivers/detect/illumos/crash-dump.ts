import { defineRule } from "oob/sdk";

export default defineRule({
  means: "a crash dump is being written",
  sources: ['illumos usr/src/uts/common/os/dumpsubr.c: "dumping to %s, offset %lld"'],
  state: "busy",
  class: "crash-dump",
  action: "hold",
  view: "line",
  pattern: /^dumping to \/\S{1,120}, offset|^ {0,2}\d{1,2}:\d\d {1,4}\d{1,3}% done/,
  hints: ["dumping to /", "% done"],
  matches: [
    "dumping to /dev/zvol/dsk/rpool/dump, offset 65536, content: kernel",
    " 0:12 100% done",
  ],
  rejects: ["50% donet"],
});
