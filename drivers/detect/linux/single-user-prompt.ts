import { defineRule } from "oob/sdk";

export default defineRule({
  means: "single-user mode asks for the root password",
  sources: [
    'util-linux login-utils/sulogin.c: "Give root password for maintenance\\n(or press Control-D to continue): "',
    "systemd units/rescue.service.in",
  ],
  state: "stuck",
  class: "single-user-prompt",
  action: "confirm",
  view: "line",
  pattern:
    /^(?:(?:Give|Enter) root password for (?:system )?maintenance|You are in rescue mode|Welcome to rescue mode|Press Enter for (?:system )?maintenance|Press enter for maintenance|Give root password to login|\(or (?:press|type) Control-D to continue\): ?$|Enter password for system maintenance|- failsafe -$|=+ FAILSAFE MODE active =+)/,
  hints: [
    "for maintenance",
    "for system maintenance",
    "in rescue mode",
    "to rescue mode",
    "root password to login",
    "control-d to continue",
    "- failsafe -",
    "failsafe mode active",
  ],
  matches: [
    "Give root password for maintenance",
    'You are in rescue mode. After logging in, type "journalctl -xb" to view',
    "Press Enter for maintenance",
    "================= FAILSAFE MODE active ================",
    "(or press Control-D to continue): ",
  ],
  rejects: ["rescue mode is described below", "[  OK  ] Reached target Rescue Mode."],
});
