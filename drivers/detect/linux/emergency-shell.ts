import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the system gave up booting and waits for somebody to repair it",
  sources: [
    "systemd units/emergency.service.in; src/core/emergency-action",
    'dracut modules.d/98dracut-systemd/dracut-emergency.sh: "Entering emergency mode"',
    'util-linux sulogin: "Cannot open access to console, the root account is locked."',
  ],
  state: "stuck",
  class: "emergency-shell",
  action: "recover",
  view: "line",
  pattern:
    /^(?:You are in emergency mode|Welcome to emergency mode|Entering emergency mode\. Exit the shell to continue|Cannot open access to console, the root account is locked|Dropping to debug shell|ALERT! .{1,160} does not exist\. {1,2}Dropping to a shell|Gave up waiting for root|You are now being dropped into an emergency shell|ERROR: (?:device .{1,120} not found|Failed to mount .{1,120} on real root)|.{0,80}initramfs emergency recovery shell launched|An error occurred in stage 1 of the boot process|!! Could not find the root (?:block )?device|>> Could not mount specified ROOT|!! The root (?:block )?device is (?:unspecified|not)|dracut: Refusing to continue|dracut-initqueue.{0,60}(?:starting timeout scripts|Could not boot))/,
  hints: [
    "emergency mode",
    "root account is locked",
    "dropping to debug shell",
    "dropping to a shell",
    "gave up waiting for root",
    "refusing to continue",
    "could not boot",
    "into an emergency shell",
    "on real root",
    "error: device ",
    "emergency recovery shell",
    "error occurred in stage 1",
    "could not find the root",
    "could not mount specified root",
    "!! the root ",
  ],
  matches: [
    'You are in emergency mode. After logging in, type "journalctl -xb" to view',
    "Entering emergency mode. Exit the shell to continue.",
    "Cannot open access to console, the root account is locked.",
    "ALERT!  UUID=0f0f does not exist.  Dropping to a shell!",
    "Gave up waiting for root file system device.  Common problems:",
    "You are now being dropped into an emergency shell.",
    "initramfs emergency recovery shell launched. Type 'exit' to continue boot",
    "An error occurred in stage 1 of the boot process, which must mount the",
  ],
  rejects: ["Reached target Emergency Mode.", "if You are in emergency mode, do this"],
});
