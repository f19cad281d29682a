import { defineRule } from "oob/sdk";

export default defineRule({
  means: "a boot loader starts a kernel",
  sources: [
    'GRUB 2 util/grub.d/10_linux.in: "Loading Linux %s ..."',
    'U-Boot boot/bootm.c: "Starting kernel ..."',
    "Linux drivers/firmware/efi/libstub",
  ],
  state: "healthy",
  class: "boot",
  action: "none",
  view: "line",
  pattern:
    /^(?:Loading Linux \S{1,80} ?\.\.\.|Loading initial ramdisk|Starting kernel \.\.\.|EFI stub: Booting Linux|Uncompressing Linux|Decompressing Linux|Booting Linux on physical CPU|Booting `[^']{1,80}'|Booting kernel from )/,
  hints: [
    "loading linux ",
    "loading initial ramdisk",
    "starting kernel ...",
    "efi stub: ",
    "compressing linux",
    "booting linux on",
    "booting `",
    "booting kernel from",
  ],
  matches: [
    "Loading Linux 6.1.0-50-amd64 ...",
    "Loading initial ramdisk ...",
    "Starting kernel ...",
    "Uncompressing Linux... done, booting the kernel.",
  ],
  rejects: ["Loading Linux modules", "not Starting kernel ..."],
});
