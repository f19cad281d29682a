import { defineRule } from "oob/sdk";

export default defineRule({
  means: "Windows starts",
  sources: [
    'Microsoft: Emergency Management Services: "Computer is booting, SAC started and initialized."',
  ],
  state: "healthy",
  class: "boot",
  action: "none",
  view: "line",
  pattern:
    /^(?:Computer is booting, SAC started and initialized|<\?xml version="1\.0"\?>.{0,40}<machine-info>)/,
  hints: ["<machine-info>", "sac started and initialized"],
  matches: [
    '<?xml version="1.0"?> <machine-info>',
    "Computer is booting, SAC started and initialized.",
  ],
  rejects: ["SAC started and initialized twice"],
});
