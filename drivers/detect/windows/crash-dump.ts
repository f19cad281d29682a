import { defineRule } from "oob/sdk";

export default defineRule({
  means: "Windows writes its memory to disk",
  sources: [
    'Microsoft: stop errors: "Beginning dump of physical memory", "Dumping physical memory to disk"',
  ],
  state: "busy",
  class: "crash-dump",
  action: "hold",
  view: "line",
  pattern:
    /^(?:Collecting data for crash dump|Initializing disk for crash dump|Beginning dump of physical memory|Dumping physical memory to disk: {1,3}\d{1,2}(?!\d))/,
  hints: [
    "data for crash dump",
    "disk for crash dump",
    "dump of physical memory",
    "physical memory to disk",
  ],
  matches: ["Beginning dump of physical memory", "Dumping physical memory to disk:  35"],
  rejects: ["Physical memory dump complete.", "Dumping physical memory to disk: 100"],
});
