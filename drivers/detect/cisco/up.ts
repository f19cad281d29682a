import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the router or switch is up",
  sources: [
    'Cisco IOS: "Press RETURN to get started!"',
    'HPE Comware: "Press ENTER to get started."',
  ],
  state: "healthy",
  class: "recovered",
  action: "none",
  view: "line",
  pattern: /^(?:Press (?:RETURN|ENTER) to get started|User Access Verification)/,
  hints: ["to get started", "user access verification"],
  matches: ["Press RETURN to get started!", "User Access Verification"],
  rejects: ["To get started, press"],
});
