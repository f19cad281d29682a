import { definePromptLoader } from "oob/sdk";

export default definePromptLoader({
  name: "illumos' loader",
  summary: "illumos' loader: from its menu to its prompt, boot -s (or -k, -m milestone=…)",
  sources: [
    "illumos loader(7), boot(8), usr/src/boot/forth/menu.4th",
    "not tried on hardware: mock built from the manual pages",
  ],
  boots: ["illumos", "omnios", "smartos", "openindiana", "tribblix", "solaris", "sunos"],
  announces: /Autoboot in \d|ape to loader prompt|'help' for more detailed help/,
  shows: /\[Space\] to pause|ape to loader prompt|^ok$/m,
  menu: {
    toPrompt: /(\d)\. +\[?Esc\]?ape to loader prompt/,
    single: /(\d)\. +Boot \[?S\]?ingle [Uu]ser/,
  },
  prompt: /^ok$/,
  command: (words) => `boot ${words}`,
  unchanged: "boot",
});
