import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the host waits for the passphrase of an encrypted disk",
  sources: [
    "systemd src/shared/ask-password-api.c: the lock sign before the prompt",
    'FreeBSD stand/libsa/geli: "GELI Passphrase for %s: "; OpenBSD sys/stand/boot softraid: "Passphrase: "',
    'cryptsetup-initramfs cryptroot: "Please unlock disk %s: "',
    'systemd src/cryptsetup: "Please enter passphrase for disk"',
  ],
  state: "stuck",
  class: "passphrase-prompt",
  action: "notify",
  view: "line",
  pattern:
    /^(?:[^\w"']{0,12}Please (?:enter (?:the )?passphrase for|unlock) (?:disk )?.{1,160}[:!] {0,2}(?:\(press TAB for no echo\) ?)?|Please enter (?:recovery key|(?:LUKS2 token|security token|TPM2) PIN)\b.{0,160}: ?|Enter passphrase for .{1,80}: ?|(?:GELI )?Passphrase(?: for \S{1,60})?: ?|Enter LUKS Passphrase.{0,40}|A password is required to access the .{1,80} volume:?.{0,4})$/,
  unless: /\.ssh\/|for key /,
  hints: [
    "please enter passphrase for",
    "please enter the passphrase for",
    "passphrase: ",
    "passphrase for ",
    "please unlock disk",
    "please enter recovery key",
    " pin: ",
    "enter passphrase for ",
    "enter luks passphrase",
    "a password is required to access",
  ],
  matches: [
    "Please unlock disk sda3_crypt: ",
    "Please enter passphrase for disk QEMU_HARDDISK (cryptroot): (press TAB for no echo) ",
    "Enter passphrase for /dev/sda3: ",
    "\xf0\x9f\x94\x90 Please enter passphrase for disk QEMU_HARDDISK (cryptroot): (press TAB for no echo) ",
    "Please enter passphrase for disk SAMSUNG (luks-1234) on /home! ",
    "GELI Passphrase for disk0p3: ",
    "Please enter recovery key for disk data: ",
    "Please enter LUKS2 token PIN: ",
    "Passphrase: ",
  ],
  rejects: ["Enter passphrase for key /home/u/.ssh/id_rsa: ", "unlocked disk"],
});
