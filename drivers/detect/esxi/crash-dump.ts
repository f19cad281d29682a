import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the VMware kernel writes its core dump",
  sources: ["VMware KB 1004128, 1004250: text of the purple screen"],
  state: "busy",
  class: "crash-dump",
  action: "hold",
  view: "line",
  pattern:
    /^(?:Starting coredump to (?:disk|network)|Coredump to (?:disk|network)|NetDump: Transferring|DiskDump: (?:Dumping|\d{1,3}%)|DumpDisk: \d{1,3}%)/,
  hints: ["coredump to ", "netdump: ", "diskdump: ", "dumpdisk: "],
  matches: ["Coredump to disk. Slot 1 of 1.", "Starting coredump to disk"],
  rejects: ["no Coredump to disk configured", "DiskDump: Successful."],
});
