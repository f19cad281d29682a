import { definePromptLoader } from "oob/sdk";

export default definePromptLoader({
  name: "NetBSD's boot",
  summary: "NetBSD's boot menu or countdown: to its prompt, boot -s",
  sources: [
    "NetBSD boot(8), x86/boot(8), boot.cfg(5), sys/arch/i386/stand/lib/bootmenu.c",
    "not tried on hardware: mock built from the manual pages",
  ],
  boots: ["netbsd"],
  announces:
    /Option \w will be chosen in \d|SPACE to stop countdown|any other key for boot menu|>> NetBSD\/\w{1,12} /,
  shows: /SPACE to stop countdown|^Option(?: \(edit\))?: \[\w\]:|any other key for boot menu|^>$/m,
  stopKey: " ",
  menu: {
    toPrompt: /^ {2,6}(\w)\. .{0,40}\b(?:boot prompt|command line)\b/i,
    single: /^ {2,6}(\w)\. .{0,40}\bsingle[- ]user\b/i,
    asks: /^Option(?: \(edit\))?: \[\w\]:$/,
  },
  countdown: /any other key for boot menu/,
  prompt: /^>$/,
  command: (words) => `boot ${words}`,
  unchanged: "boot",
});
