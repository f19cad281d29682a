import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the hardware reported an error",
  sources: ["Linux arch/x86/kernel/cpu/mce/core.c print_mce(), mce_log"],
  state: "warning",
  class: "mce",
  action: "notify",
  view: "line",
  pattern:
    /^(?:mce: )?\[Hardware Error\]: |^mce: .{0,40}Machine check|^Machine check events logged|^EDAC .{1,80} (?:CE|UE) |^MCE: |^HARDWARE ERROR|^CPU \d{1,4}: Machine Check|^\{\d{1,6}\}\[Hardware Error\]: /,
  unless: /CPU supports|Using \d|CMCI|In-kernel MCE|EDAC MC: Ver/,
  hints: ["[hardware error]", "machine check", "hardware error", "edac ", "mce: "],
  matches: [
    "mce: [Hardware Error]: Machine check events logged",
    "[Hardware Error]: Machine check events logged",
    "EDAC MC0: 1 CE memory read error on CPU_SrcID#0",
  ],
  rejects: ["mce: CPU supports 10 MCE banks", "Machine check exceptions are enabled"],
});
