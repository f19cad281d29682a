import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the core dump of the VMware kernel is complete",
  sources: ['VMware KB 1004250: "Finalized dump header", "DiskDump: Successful."'],
  state: "crash",
  class: "panic",
  action: "recover",
  view: "line",
  pattern:
    /^(?:Finalized dump header \(\d{1,3}\/\d{1,3}\)|DiskDump: (?:Successful|FAILED|Partial Dump)|NetDump: (?:FAILED|Successful|Finished)|No place on disk to dump data|Debugger waiting\(world \d)/,
  hints: [
    "finalized dump header",
    "diskdump: ",
    "netdump: ",
    "no place on disk to dump",
    "debugger waiting(world",
  ],
  matches: [
    "Finalized dump header (14/14) DiskDump: Successful.",
    "No place on disk to dump data.",
    'Debugger waiting(world 2097253) -- no port for remote debugger. "Escape" for local debugger',
  ],
  rejects: ["DiskDump: Dumping"],
});
