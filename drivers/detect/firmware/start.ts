import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the firmware starts the host",
  sources: [
    'SeaBIOS src/post.c: "SeaBIOS (version %s)"',
    "U-Boot common/main.c display_options()",
    "coreboot, OpenBIOS, SLOF, OpenSBI banners",
  ],
  state: "healthy",
  class: "boot",
  action: "none",
  view: "line",
  pattern:
    /^(?:SeaBIOS \(version|U-Boot (?:SPL |TPL )?20\d\d\.\d\d|coreboot-\d|Welcome to OpenBIOS|OpenSBI v\d|American Megatrends|Phoenix ?BIOS|AMIBIOS|UEFI firmware \(version|EFI v\d|System ROM Revision|SLOF|NOTICE: {1,2}BL1: )/,
  hints: [
    "efi v",
    "system rom revision",
    "seabios (version",
    "u-boot ",
    "coreboot-",
    "welcome to openbios",
    "opensbi v",
    "american megatrends",
    "phoenix",
    "amibios",
    "uefi firmware (version",
    "bl1: ",
    "slof",
  ],
  matches: [
    "EFI v2.70 by EDK II",
    "SeaBIOS (version 1.16.2-debian-1.16.2-1)",
    "U-Boot 2023.01+dfsg-2+deb12u3 (Jun 22 2026 - 08:38:07 +0000)",
    "Welcome to OpenBIOS v1.1 built on Dec 16 2025 06:10",
    "OpenSBI v1.2",
  ],
  rejects: ["the SeaBIOS (version 1)", "SeaBIOS: No boot device."],
});
