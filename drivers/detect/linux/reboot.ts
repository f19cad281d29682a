import { defineRule } from "oob/sdk";

export default defineRule({
  means: "an orderly shutdown or restart is under way",
  sources: [
    "systemd src/shutdown/shutdown.c",
    'systemd src/systemctl: "Reboot scheduled for"',
    'Linux kernel/reboot.c: "reboot: Restarting system"',
    'sysvinit src/shutdown.c: "The system is going down"',
  ],
  state: "busy",
  class: "reboot",
  action: "hold",
  view: "line",
  pattern:
    /^(?:The system (?:is going down|will (?:reboot|power ?off|halt|suspend))|(?:Reboot|Shutdown|Poweroff|Halt) scheduled for |reboot: Restarting system|Restarting system\.|systemd-shutdown\[1\]: |shutdown\[1\]: |Sending all processes the (?:TERM|KILL) signal|INIT: (?:Switching to|Entering) runlevel: [06]|INIT: Sending processes (?:configured via \/etc\/inittab )?the (?:TERM|KILL)|\[ {1,2}OK {1,2}\] Reached target (?:[\w.@-]{1,40} - )?(?:System )?(?:[Ss]hutdown|[Rr]eboot|[Pp]ower[ -]?[Oo]ff|[Uu]nmount All|[Uu]mount\.target|Late Shutdown|[Ff]inal Step|shutdown\.target|reboot\.target)|Requesting system (?:reboot|poweroff|halt)|The system is going down NOW|Unmounting local filesystems|System is going down|\[ {1,2}OK {1,2}\] Stopped target .{0,40}(?:multi-user\.target|graphical\.target|Multi-User System|Graphical Interface)|kexec_core: Starting new kernel)/,
  hints: [
    "the system is going down",
    "the system will ",
    "scheduled for ",
    "restarting system",
    "shutdown[1]: ",
    "sending all processes",
    "switching to runlevel: ",
    "entering runlevel: ",
    "sending processes",
    "reached target ",
    "stopped target ",
    "requesting system ",
    "unmounting local",
    "starting new kernel",
  ],
  matches: [
    "Reboot scheduled for Sun 2026-11-22 08:12:48 UTC, use 'shutdown -c' to cancel.",
    "The system is going down for reboot NOW!",
    "reboot: Restarting system",
    "[  OK  ] Reached target umount.target - Unmount All Filesystems.",
    "systemd-shutdown[1]: Syncing filesystems and block devices.",
    "INIT: Switching to runlevel: 6",
  ],
  rejects: [
    "[  OK  ] Reached target graphical.target - Graphical Interface.",
    "[  OK  ] Stopped target Local File Systems.",
    "Backup scheduled for tonight",
  ],
});
