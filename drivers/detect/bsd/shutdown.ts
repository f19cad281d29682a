import { defineRule } from "oob/sdk";

export default defineRule({
  means: "an orderly shutdown is under way",
  sources: ["FreeBSD, OpenBSD, NetBSD shutdown(8), reboot(8); sys/kern/kern_shutdown.c"],
  state: "busy",
  class: "reboot",
  action: "hold",
  view: "line",
  pattern:
    /^(?:\*\*\* FINAL System shutdown message|\*\*\* System shutdown message|System shutdown time has arrived|Syncing disks, (?:vnodes|buffers) remaining|syncing disks\.\.\.|Waiting \(max \d{1,4} seconds\) for system process|Uptime: (?:\d{1,5}d)?(?:\d{1,2}h)?(?:\d{1,2}m)?\d{1,2}s$|rebooting\.\.\.$|Shutting down daemon processes)/,
  hints: [
    "shutting down daemon",
    "system shutdown",
    "syncing disks",
    "for system process",
    "rebooting...",
    "uptime: ",
  ],
  matches: [
    "Shutting down daemon processes:.",
    "*** FINAL System shutdown message from root@web1 ***",
    "Syncing disks, vnodes remaining... 0 0 0 done",
    "System shutdown time has arrived",
  ],
  rejects: ["shutdown tests"],
});
