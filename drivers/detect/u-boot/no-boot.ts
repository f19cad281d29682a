import { defineRule } from "oob/sdk";

export default defineRule({
  means: "U-Boot found nothing to boot",
  sources: [
    'U-Boot common/spl/spl.c: "SPL: failed to boot from all boot devices"',
    'U-Boot arch/arm/lib/image.c: "Bad Linux ARM64 Image magic!"',
    'U-Boot boot/bootm.c: "ERROR: can\'t get kernel image!"',
  ],
  state: "stuck",
  class: "boot-loader",
  action: "recover",
  view: "line",
  pattern:
    /^(?:SPL: failed to boot from all boot devices|SPL: Unsupported Boot Device|Bad Linux ARM64 Image magic!|Bad Linux RISCV Image magic!|ERROR: can't get kernel image!|Wrong Image (?:Format|Type) for boot\w{1,3} command)/,
  hints: [
    "failed to boot from all",
    "unsupported boot device",
    "image magic!",
    "can't get kernel image",
    "wrong image ",
  ],
  matches: [
    "SPL: failed to boot from all boot devices (err=-6)",
    "Bad Linux ARM64 Image magic!",
    "Wrong Image Format for bootm command",
  ],
  rejects: ["see SPL: failed to boot from all boot devices"],
});
