import { defineRule } from "oob/sdk";

export default defineRule({
  means: "SYSLINUX, LILO or another loader asks what to boot",
  sources: ['Syslinux core/ui.inc: "boot: "', 'LILO; NetBSD, yaboot: "boot: "'],
  state: "stuck",
  class: "boot-loader",
  action: "confirm",
  view: "line",
  pattern: /^boot: $/,
  hints: ["boot: "],
  prompt: true,
  matches: ["boot: "],
  rejects: ["reboot: "],
});
