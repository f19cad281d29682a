import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the system came up",
  sources: [
    "systemd units/multi-user.target: Description=Multi-User System",
    'systemd src/core/manager.c: "Startup finished in"',
  ],
  state: "healthy",
  class: "recovered",
  action: "none",
  view: "line",
  pattern:
    /^\[ {1,2}OK {1,2}\] Reached target (?:[\w.@-]{1,40} - )?(?:Multi-User System|Graphical Interface|Login Prompts|multi-user\.target|graphical\.target)|^INIT: Entering runlevel: [2-5]/,
  hints: ["reached target ", "entering runlevel: "],
  matches: [
    "[  OK  ] Reached target multi-user.target - Multi-User System.",
    "[  OK  ] Reached target Multi-User System.",
    "INIT: Entering runlevel: 2",
  ],
  rejects: ["[  OK  ] Reached target Rescue Mode.", "INIT: Entering runlevel: 6"],
});
