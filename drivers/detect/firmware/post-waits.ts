import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the firmware found a fault and waits for a key",
  sources: [
    'Dell, HP, AMI, Phoenix BIOS manuals: "Strike the F1 key to continue", "Press F1 to Run SETUP"',
  ],
  state: "stuck",
  class: "firmware-setup",
  action: "notify",
  view: "line",
  pattern:
    /^(?:Strike (?:the )?F1 (?:key )?to (?:continue|retry)|Press <?F1>? to (?:[Cc]ontinue|[Rr]esume|[Rr]un SETUP|[Ee]nter SETUP|[Rr]etry)|F1 to [Cc]ontinue|<F1> to (?:continue|Resume)|Hit <?F1>? to continue|Press <?F2>? to load default)/,
  hints: [
    "strike ",
    "press f1 to",
    "press <f1> to",
    "f1 to continue",
    "<f1> to",
    "hit f1",
    "hit <f1>",
    "to load default",
  ],
  matches: [
    "Strike the F1 key to continue, F2 to run the setup utility",
    "Press <F1> to Run SETUP",
    "Press F1 to continue, F2 to enter SETUP",
    "F1 to Continue, F2 to Setup",
  ],
  rejects: ["a Press F1 to continue", "Press F12 for boot menu"],
});
