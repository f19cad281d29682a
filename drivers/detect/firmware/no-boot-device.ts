import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the firmware finds nothing to boot from",
  sources: [
    'SeaBIOS src/boot.c: "No bootable device."',
    'IBM PC boot record: "Operating System not found", "Missing operating system"',
    'AMI BIOS: "Reboot and Select proper Boot device"',
    'EDK2 BdsDxe: "No bootable option or device was found"',
  ],
  state: "stuck",
  class: "no-boot-device",
  action: "recover",
  view: "line",
  pattern:
    /^(?:No bootable device|(?:SeaBIOS: )?No boot device|Operating [Ss]ystem not found|Missing operating system|Reboot and [Ss]elect proper [Bb]oot device|Non-[Ss]ystem disk|Invalid system disk|DISK BOOT FAILURE|Boot failure|BdsDxe: No bootable option|No bootable (?:option|medium|media)|FATAL: (?:No bootable medium|INT18: BOOT FAILURE)|Boot Failed\. EFI|ERROR: No boot disk|No more network devices ?$|PXE-E18|Network boot failed|Remove disks or other media)/,
  hints: [
    "no bootable ",
    "no boot device",
    "operating system not found",
    "missing operating system",
    "proper boot device",
    "non-system disk",
    "invalid system disk",
    "boot failure",
    "no more network devices",
    "pxe-e18",
    "boot failed. efi",
    "no boot disk",
    "remove disks or",
  ],
  matches: [
    "No bootable device.",
    "Reboot and Select proper Boot device",
    "Operating System not found",
    "SeaBIOS: No boot device.",
    "BdsDxe: No bootable option or device was found.",
  ],
  rejects: ["there is No bootable device here", "Boot device: disk"],
});
