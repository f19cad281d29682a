import { defineRule } from "oob/sdk";

export default defineRule({
  means: "getty dies again and again",
  sources: [
    'sysvinit src/init.c: "Id \\"%s\\" respawning too fast: disabled for %d minutes"',
    'FreeBSD sbin/init/init.c: "getty repeating too quickly on port %s"',
    "systemd src/core/unit.c: start limit",
  ],
  state: "stuck",
  class: "getty-respawn",
  action: "notify",
  view: "line",
  pattern:
    /^(?:INIT|init): Id "\w{1,8}" respawning too fast|^(?:init(?:\[1\])?: )?getty repeating too quickly on port|^systemd\[1\]: (?:serial-)?getty@\S{1,40}: Start request repeated too quickly/,
  hints: ["respawning too fast", "getty repeating too quickly", "repeated too quickly"],
  matches: [
    'INIT: Id "T0" respawning too fast: disabled for 5 minutes',
    "init: getty repeating too quickly on port /dev/ttyu0, sleeping 30 secs",
    "systemd[1]: serial-getty@ttyS0.service: Start request repeated too quickly.",
  ],
  rejects: ["respawning too fast"],
});
