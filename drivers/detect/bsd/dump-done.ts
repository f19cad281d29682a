import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the crash dump is complete",
  sources: ['OpenBSD, NetBSD sys/arch/*/machdep.c dumpsys(): "succeeded"'],
  state: "crash",
  class: "panic",
  action: "recover",
  view: "line",
  after: ["crash-dump", "panic"],
  pattern: /^(?:dump )?[\d ]+succeeded$/,
  hints: [" succeeded"],
  matches: ["dump 2047 2046 2045 succeeded", "3 2 1 0 succeeded"],
  rejects: ["12 tests succeeded", "it succeeded"],
});
