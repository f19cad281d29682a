import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the boot menu of a network device waits",
  sources: [
    "H3C, HPE Comware: boot ROM: EXTENDED-BOOTWARE MENU",
    'Fortinet: Loading firmware from a TFTP server: "[C]: Configure TFTP parameters."',
  ],
  state: "stuck",
  class: "boot-loader",
  action: "confirm",
  view: "line",
  pattern: /^(?:={4,60}<(?:EXTENDED|BASIC)-BOOTWARE MENU|\[C\]: Configure TFTP parameters)/i,
  hints: ["-bootware menu", "[c]: configure tftp"],
  matches: [
    "==========================<EXTENDED-BOOTWARE MENU>==========================",
    "[C]: Configure TFTP parameters.",
  ],
  rejects: ["Press Ctrl+B to access EXTENDED-BOOTWARE MENU..."],
});
