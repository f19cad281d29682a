import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the UEFI shell waits for a command",
  sources: ['UEFI Shell specification 2.2: "Shell> "'],
  state: "stuck",
  class: "firmware-shell",
  action: "confirm",
  view: "line",
  pattern: /(?:^|\s)(?:Shell|FS\d{1,2}:[\\\w.]{0,60})> $/,
  hints: ["shell> ", "\\> "],
  prompt: true,
  matches: ["Shell> ", "2.0 Shell> ", "FS0:\\> "],
  rejects: ["the Shell>"],
});
