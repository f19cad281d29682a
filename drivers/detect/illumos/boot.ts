import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the illumos or Solaris kernel starts",
  sources: ['illumos usr/src/uts/common/os/main.c: "SunOS Release %s Version %s %u-bit"'],
  state: "healthy",
  class: "boot",
  action: "none",
  view: "line",
  pattern: /^SunOS Release \d\.\d{1,2}/,
  hints: ["sunos release "],
  matches: ["SunOS Release 5.11 Version omnios-r151030-f1189fc02c 64-bit"],
  rejects: ["a SunOS Release 5.11"],
});
