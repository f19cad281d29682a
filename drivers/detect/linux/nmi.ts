import { defineRule } from "oob/sdk";

export default defineRule({
  means: "a non-maskable interrupt came for no known reason",
  sources: ["Linux arch/x86/kernel/nmi.c unknown_nmi_error()"],
  state: "warning",
  class: "nmi",
  action: "notify",
  view: "line",
  pattern:
    /^(?:Uhhuh\. NMI received|NMI: (?:IOCK|PCI system) error|Dazed and confused, but trying)/,
  hints: ["nmi received", "nmi: iock", "nmi: pci", "dazed and confused"],
  matches: [
    "Uhhuh. NMI received for unknown reason 30 on CPU 0.",
    "Dazed and confused, but trying to continue",
  ],
  rejects: ["NMI watchdog: Enabled."],
});
