import { defineRule } from "oob/sdk";

export default defineRule({
  means: "Windows stopped with a blue screen",
  sources: ["Microsoft: bug check 0x7B and others over EMS; !SAC"],
  state: "crash",
  class: "panic",
  action: "recover",
  view: "line",
  pattern:
    /^(?:!SAC>|\*\*\* STOP: 0x[0-9A-Fa-f]{8}|A problem has been detected and Windows has been shut down|<INSTANCE CLASSNAME="BLUESCREEN">)/,
  hints: ["!sac>", " stop: 0x", "windows has been shut down", "<instance classname"],
  matches: [
    "*** STOP: 0x0000007B (0xF78D2524,0xC0000034,0x00000000,0x00000000)",
    "!SAC>",
    '<INSTANCE CLASSNAME="BLUESCREEN">',
    "A problem has been detected and Windows has been shut down to prevent damage",
  ],
  rejects: ["SAC>"],
});
