import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the firmware of a SPARC host finds nothing to boot from",
  sources: [
    'OpenBoot 4.x Command Reference Manual: "Can\'t open boot device", "Boot load failed."',
  ],
  state: "stuck",
  class: "no-boot-device",
  action: "recover",
  view: "line",
  pattern:
    /^(?:Can't open boot device|Boot load failed\.|Can't locate boot device|Can't open disk label package|The file just loaded does not appear to be executable)/,
  hints: [
    "can't open boot device",
    "boot load failed.",
    "can't locate boot device",
    "can't open disk label",
    "just loaded does not appear",
  ],
  matches: ["Can't open boot device", "Boot load failed."],
  rejects: ["We Can't open boot device", "reboot load failed."],
});
