import { defineRule } from "oob/sdk";

export default defineRule({
  means: "Windows is up: its administration console answers",
  sources: ["Microsoft: Emergency Management Services, Special Administration Console"],
  state: "healthy",
  class: "runtime",
  action: "none",
  view: "line",
  pattern: /^SAC> ?$/,
  hints: ["sac>"],
  prompt: true,
  matches: ["SAC>"],
  rejects: ["!SAC>", "type at SAC>"],
});
