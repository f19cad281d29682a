import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the memory dump of Windows is complete",
  sources: ['Microsoft: stop errors: "Physical memory dump complete."'],
  state: "crash",
  class: "panic",
  action: "recover",
  view: "line",
  pattern:
    /^(?:Physical memory dump complete|Physical memory dump FAILED|Dumping physical memory to disk: {1,3}100)/,
  hints: ["physical memory dump", "physical memory to disk"],
  matches: ["Physical memory dump complete.", "Dumping physical memory to disk: 100"],
  rejects: ["a Physical memory dump complete"],
});
