import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the illumos or Solaris kernel panicked",
  sources: ['illumos usr/src/uts/common/os/panic.c: "\\n\\rpanic[cpu%d]/thread=%p: "'],
  state: "crash",
  class: "panic",
  action: "recover",
  view: "line",
  pattern: /^panic\[cpu\d{1,4}\]\/thread=/,
  hints: ["panic[cpu"],
  matches: ["panic[cpu0]/thread=fffffffffbc490a0: microfind: could not calibrate delay loop"],
  rejects: ["a panic[cpu0]/thread=30000953a20 line"],
});
