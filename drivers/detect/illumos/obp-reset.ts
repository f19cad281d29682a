import { defineRule } from "oob/sdk";

export default defineRule({
  means: "a SPARC host was reset by its own hardware or firmware",
  sources: ['OpenBoot 4.x: "ERROR: Last Trap: ", "RED State Exception", "Watchdog Reset"'],
  state: "warning",
  class: "mce",
  action: "notify",
  view: "line",
  pattern:
    /^(?:ERROR: (?:Last Trap: |System Hardware FATAL RESET|CPU\d{1,3} RED State)|RED State Exception|(?:CPU )?Watchdog Reset)/,
  hints: ["error: last trap: ", "hardware fatal reset", "red state", "watchdog reset"],
  matches: ["ERROR: Last Trap: Fast Data Access MMU Miss", "RED State Exception", "Watchdog Reset"],
  rejects: ["no Watchdog Reset", "ERROR: Last"],
});
