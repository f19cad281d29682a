import { defineRule } from "oob/sdk";

export default defineRule({
  means: "RouterOS waits for a command",
  sources: ['MikroTik RouterOS manual: "[admin@MikroTik] > "'],
  state: "healthy",
  class: "runtime",
  action: "none",
  view: "line",
  pattern: /^\[[\w.-]{1,40}@[^\]\r\n]{1,64}\] (?:\/[\w /-]{0,60})?> $/,
  hints: ["] > ", "> "],
  prompt: true,
  matches: ["[admin@MikroTik] > ", "[admin@MikroTik] /ip address> "],
  rejects: ["admin@MikroTik > "],
});
