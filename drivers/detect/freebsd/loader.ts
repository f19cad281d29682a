import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the FreeBSD loader waits for a command",
  sources: ['FreeBSD stand/common/interp.c: "OK "', "stand/forth: \"can't load 'kernel'\""],
  state: "stuck",
  class: "boot-loader",
  action: "recover",
  view: "line",
  pattern:
    /^(?:.{0,8}can't load 'kernel'|.{0,20}Failed to load kernel '|can't find 'kernel'|.{0,4}unable to load (?:a )?kernel!?|gptzfsboot: No ZFS pools located|gptboot: No \/boot\/\S{1,40} on |Type '\?' for a list of commands, 'help' for more detailed help)/,
  hints: [
    "can't load 'kernel'",
    "failed to load kernel '",
    "can't find 'kernel'",
    "unable to load",
    "no zfs pools located",
    "gptboot: no /boot/",
    "'help' for more detailed help",
  ],
  matches: [
    "can't load 'kernel'",
    "gptzfsboot: No ZFS pools located, can't boot",
    "Type '?' for a list of commands, 'help' for more detailed help.",
  ],
  rejects: ["cannot load kernel module"],
});
