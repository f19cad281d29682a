import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the router or switch was told to restart",
  sources: ["Cisco IOS: %SYS-5-RELOAD"],
  state: "busy",
  class: "reboot",
  action: "hold",
  view: "line",
  pattern: /^(?:\S{1,40} \S{1,30}: |\*?[A-Z][a-z]{2} {1,2}\d{1,2} [\d:.]{8,15}: )?%SYS-5-RELOAD: /,
  hints: ["-reload: "],
  matches: [
    "%SYS-5-RELOAD: Reload requested by console. Reload Reason: Reload Command.",
    "*Nov 22 08:12:48.123: %SYS-5-RELOAD: Reload requested by admin on vty0",
  ],
  rejects: ["%SYS-5-CONFIG_I: Configured from console"],
});
