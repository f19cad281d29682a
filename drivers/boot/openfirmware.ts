import { definePromptLoader } from "oob/sdk";

export default definePromptLoader({
  name: "Open Firmware",
  summary: "Open Firmware's ok prompt (OpenBoot, OpenBIOS, SLOF): boot -s",
  sources: [
    "IEEE 1275-1994, 7.4.3.5 boot; OpenBoot 4.x Command Reference Manual",
    "seen: OpenBIOS 1.1 for sparc64 on QEMU, up to the command; that of ppc did not echo what was typed",
    "not tried on hardware: the system behind it",
  ],
  announces:
    /Type +'?go'? to resume|\{[\da-f]{1,3}\} ok $|(?:^|\n)(?:Welcome to OpenBIOS v|>> OpenBIOS \d)/,
  shows: /^(?:\{[\da-f]{1,3}\} )?ok$|^\d{1,3} >$/m,
  prompt: /^(?:(?:\{[\da-f]{1,3}\} )?ok|\d{1,3} >)$/,
  command: (words) => `boot ${words}`,
  // The firmware does not know whether a system was stopped here: it is started anew.
  unchanged: "boot",
});
