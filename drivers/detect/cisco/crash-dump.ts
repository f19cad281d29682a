import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the router or switch writes its crash information",
  sources: ['Cisco IOS: "Writing crashinfo to "'],
  state: "busy",
  class: "crash-dump",
  action: "hold",
  view: "line",
  pattern: /^(?:%?Writing crashinfo to |Writing crash ?info to |Writing core to )/,
  hints: ["writing crash", "writing core to"],
  matches: ["Writing crashinfo to flash:crashinfo_20261122-081248"],
  rejects: ["Rewriting crashinfo to"],
});
