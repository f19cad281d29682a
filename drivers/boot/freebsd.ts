import { definePromptLoader } from "oob/sdk";

export default definePromptLoader({
  name: "FreeBSD's loader",
  summary: "FreeBSD's loader: from its menu to its prompt, boot -s",
  sources: [
    "FreeBSD loader(8), boot(8), stand/lua/menu.lua, stand/forth/menu.4th",
    "not tried on hardware: mock built from the manual pages",
  ],
  boots: ["freebsd", "dragonfly", "opnsense", "pfsense", "truenas", "midnightbsd", "ghostbsd"],
  announces:
    /Autoboot in \d|ape to loader prompt|Hit \[Enter\] to boot immediately|'help' for more detailed help/,
  shows: /\[Space\] to pause|ape to loader prompt|Hit \[Enter\] to boot immediately|^OK$/m,
  menu: {
    toPrompt: /(\d)\. +\[?Esc\]?ape to loader prompt/,
    single: /(\d)\. +Boot \[?S\]?ingle [Uu]ser/,
  },
  countdown: /Hit \[Enter\] to boot immediately, or any other key/,
  prompt: /^OK$/,
  command: (words) => `boot ${words}`,
  unchanged: "boot",
});
