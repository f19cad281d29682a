import { defineFirmware, seconds } from "oob/sdk";

export default defineFirmware({
  summary: "SeaBIOS' boot menu on a serial line: a list, Esc to enter, one key for each entry",
  sources: [
    "SeaBIOS 1.16 src/boot.c interactive_bootmenu(), src/sercon.c; its Runtime_config.md: etc/sercon-port, etc/show-boot-menu",
    "seen: 1.16.2-debian-1.16.2-1 on QEMU 7.2, -machine graphics=off -boot menu=on; recordings in test/firmware",
  ],
  screen: { rows: 25, columns: 80, encoding: "cp437" },
  past: [
    { name: "GRUB", shows: /GNU GRUB +version|^GRUB loading|Welcome to GRUB!/m },
    { name: "ISOLINUX", shows: /^(?:ISO|SYS|EXT|PXE)LINUX \d/m },
    { name: "Linux", shows: /Linux version \d/ },
    { name: "its boot without a menu", shows: /^Booting from |^No bootable device/m },
    { name: "a login prompt", shows: /^\S{1,64} login: *$/m },
  ],
  shows: {
    enter: { key: "\x1b", every: seconds(5), on: /^Press ESC for boot menu/m, onlyOn: true },
    page: "Boot menu",
    shows: /^Select boot device:/m,
    entry: /^([0-9a-z])\. (\S.{0,120})$/,
    leave: "\x1b",
    boots: /^Booting from (.{1,80}?)\.{3}/m,
  },
});
