import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the router or switch starts",
  sources: ['Cisco IOS boot: "System Bootstrap, Version"'],
  state: "healthy",
  class: "boot",
  action: "none",
  view: "line",
  pattern: /^System Bootstrap, Version \d/,
  hints: ["system bootstrap, version"],
  matches: ["System Bootstrap, Version 15.0(1r)M9, RELEASE SOFTWARE (fc1)"],
  rejects: ["the System Bootstrap, Version 15"],
});
