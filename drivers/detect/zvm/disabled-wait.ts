import { defineRule } from "oob/sdk";

export default defineRule({
  means: "a guest of z/VM stopped in a disabled wait",
  sources: ['IBM z/VM CP Messages: HCP450W "CP entered; disabled wait PSW"'],
  state: "crash",
  class: "panic",
  action: "confirm",
  view: "line",
  pattern: /^(?:\d\d: )?HCP\w{3}450W CP entered; disabled wait PSW/,
  hints: ["cp entered; disabled wait"],
  matches: [
    "HCPGIR450W CP entered; disabled wait PSW 00020001 80000000 00000000 00114F0C",
    "00: HCPGIR450W CP entered; disabled wait PSW 00020001 80000000",
  ],
  rejects: ["the CP entered; disabled wait PSW"],
});
