import { defineFirmware, seconds } from "oob/sdk";

export default defineFirmware({
  summary: "OVMF, and set-ups drawn by EDK II, on a serial line: pages, F2 to enter, F10 to save",
  sources: [
    "edk2 MdeModulePkg/Universal/DisplayEngineDxe/FormDisplay.c, Popup.c; CustomizedDisplayLib",
    "edk2 MdeModulePkg/Universal/Console/TerminalDxe: keys of TtyTerm, colours",
    "seen: Debian ovmf 2022.11-6+deb12u2 on QEMU 7.2, 80x25 with a VGA and 80x50 without; recordings in test/firmware",
  ],
  // Wider than what it draws: where a byte of a sequence is lost, the rest of it lands beside the page.
  screen: { rows: 50, columns: 120, encoding: "cp437" },
  past: [
    // The key that came too late has ended its countdown.
    { name: "GRUB", shows: /GNU GRUB +version|^GRUB loading/m, key: "\r" },
    { name: "Linux", shows: /^\[ +0\.000000\] Linux version |Linux version \d/m },
    // What is left of the key at its prompt is erased.
    { name: "the UEFI shell", shows: /^Shell> /m, key: "\x1b" },
    { name: "a login prompt", shows: /^\S{1,64} login: *$/m },
  ],
  shows: {
    enter: {
      key: "\x1b[12~",
      every: seconds(1),
      on: /Press any key to enter the Boot Manager Menu/,
    },
    title: /^\S? *[│|] {1,77}(\S.{0,75}?) *[│|]/,
    front: [/^ {3}Continue\b/m, /^ {3}Reset\b/m],
    frame: /^[│┌└|]/,
    columns: [{ width: 80, label: 3, value: 30, help: 57 }],
    inks: { entry: "0/7", highlight: "7/0", choice: "7+/6", greyed: "0+/7" },
    leads: /^ ?>/,
    values: {
      choice: /^<(.*)>$/,
      tick: /^\[([ X])\]$/,
      number: /^\[ *(\d+|0x[\da-f]+) *\]$/i,
    },
    box: { top: /┌[─^▲]+┐/, bottom: /└[─v▼]+┘/ },
    keys: { up: "\x1b[A", down: "\x1b[B", enter: "\r", escape: "\x1b", save: "\x1b[21~" },
    // OVMF's own page answers F10 with "Submit Fail For Form".
    commits: /^Commit Changes and Exit$/,
    unsaved: /^ *Configuration changed *$/m,
    dialogs: [
      {
        asks: "whether to save what is changed",
        shows: /Changes have not saved\. Save Changes and exit\?.*'Y'.*'N'/,
        save: "y",
        discard: "n",
      },
      {
        asks: "whether to save what is changed",
        shows: /Save configuration changes.*'Y'.*'N'/,
        save: "y",
        discard: "n",
      },
      {
        asks: "what becomes of a form that it cannot save",
        shows: /Submit Fail For Form.*Press D\(d\) to discard/,
        discard: "d",
      },
      { asks: "to restart for what was changed", shows: /Press ENTER to reset/, goOn: "\r" },
    ],
    goOn: "Continue",
    restart: "Reset",
  },
});
