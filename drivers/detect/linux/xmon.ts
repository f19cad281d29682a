import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the POWER kernel's own debugger waits",
  sources: ['Linux arch/powerpc/xmon/xmon.c: "%x:mon> "'],
  state: "stuck",
  class: "debugger-prompt",
  action: "confirm",
  view: "line",
  pattern: /^[\da-f]{1,4}:mon> $/,
  hints: ["mon> "],
  prompt: true,
  matches: ["1:mon> ", "1f:mon> "],
  rejects: ["type 1:mon> "],
});
