import { defineRule } from "oob/sdk";

export default defineRule({
  means: "SMF could not start the system and asks for the root password",
  sources: ['illumos usr/src/cmd/sulogin, svc.startd: "Requesting System Maintenance Mode"'],
  state: "stuck",
  class: "single-user-prompt",
  action: "confirm",
  view: "line",
  pattern:
    /^(?:Requesting System Maintenance Mode|Enter user name for system maintenance|Entering System Maintenance Mode|Enter root password \(control-d to bypass\)|Root password for system maintenance|Console login service\(s\) cannot run)/,
  hints: ["system maintenance", "enter root password (control-d", "cannot run"],
  matches: [
    "Requesting System Maintenance Mode",
    "Enter user name for system maintenance (control-d to bypass): ",
  ],
  rejects: ["no System Maintenance today"],
});
