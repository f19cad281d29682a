import { definePromptLoader } from "oob/sdk";

export default definePromptLoader({
  name: "OpenBSD's boot",
  summary: "OpenBSD's boot> prompt: boot -s",
  sources: [
    "OpenBSD boot(8) of amd64, boot_config(8), sys/stand/boot/cmd.c",
    "not tried on hardware: mock built from the manual pages",
  ],
  boots: ["openbsd"],
  announces: />> OpenBSD\/[\w.-]{1,20} (?:BOOT|BOOTX64|BOOTARM|BOOTAA64|BOOTRISCV64) [\d.]{1,8}/,
  shows: /^boot>/m,
  // A blank is no command, and whoever has typed anything is waited for.
  stopKey: " ",
  prompt: /^boot>$/,
  command: (words) => `boot ${words}`,
  unchanged: "boot",
});
