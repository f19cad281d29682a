import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the setup menu of a MikroTik board is open",
  sources: ['MikroTik manual: RouterBOARD: "What do you want to configure?"'],
  state: "stuck",
  class: "firmware-setup",
  action: "notify",
  view: "line",
  pattern: /^What do you want to configure\?/,
  hints: ["what do you want to configure"],
  matches: ["What do you want to configure?"],
  rejects: ["So What do you want to configure?"],
});
