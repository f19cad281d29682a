import { defineRule } from "oob/sdk";

export default defineRule({
  means: "a memory test runs",
  sources: ["memtest86+ app/display.c"],
  state: "busy",
  class: "memtest",
  action: "hold",
  view: "line",
  pattern:
    /[Mm]em[Tt]est86\+? ?[vV]?\d|\[Moving inversions|Pass: {1,4}\d{1,5} {3,}Errors: |^MemTest-86/,
  hints: ["memtest", "[moving inversions", "errors: "],
  matches: [
    "Memtest86+ v6.10",
    "MemTest86 V10.6 Free      Intel Xeon",
    "#5  [Moving inversions, random pattern]",
    "Pass:  0        Errors: 0           ",
  ],
  rejects: ["Errors: 0"],
});
