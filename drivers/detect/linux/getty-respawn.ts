import { defineRule } from "oob/sdk";

export default defineRule({
  means: "getty dies again and again",
  sources: ['sysvinit src/init.c: "Id \\"%s\\" respawning too fast: disabled for %d minutes"'],
  state: "stuck",
  class: "getty-respawn",
  action: "notify",
  view: "line",
  pattern: /^INIT: Id "\w{1,8}" respawning too fast/,
  hints: ["respawning too fast"],
  matches: ['INIT: Id "T0" respawning too fast: disabled for 5 minutes'],
  rejects: ["respawning too fast"],
});
