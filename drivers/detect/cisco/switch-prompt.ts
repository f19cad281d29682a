import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the boot loader of a Catalyst switch waits",
  sources: ['Cisco Catalyst switches: recover from a corrupted image: "switch: "'],
  state: "stuck",
  class: "boot-loader",
  action: "confirm",
  view: "line",
  pattern: /^switch: $/,
  hints: ["switch: "],
  prompt: true,
  matches: ["switch: "],
  rejects: ["a switch: "],
});
