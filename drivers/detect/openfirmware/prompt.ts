import { defineRule } from "oob/sdk";

export default defineRule({
  means: "Open Firmware waits for a command",
  sources: ['IEEE 1275; OpenBIOS; SLOF; OpenBoot: "0 > ", "{0} ok "'],
  state: "stuck",
  class: "boot-loader",
  action: "recover",
  view: "line",
  pattern: /^(?:\d{1,3} > |\{[\da-f]{1,3}\} ok )$/,
  hints: [" > ", "} ok "],
  prompt: true,
  matches: ["0 > ", "{0} ok "],
  rejects: ["is 1 > 0", "everything ok "],
});
