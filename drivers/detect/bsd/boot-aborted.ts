import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the start scripts gave up",
  sources: [
    'FreeBSD libexec/rc/rc.subr stop_boot(): "ERROR: ABORTING BOOT (sending SIGTERM to parent)!"',
    'rc.d/fsck: "Automatic file system check failed; help!"',
  ],
  state: "stuck",
  class: "single-user-prompt",
  action: "confirm",
  view: "line",
  pattern:
    /^(?:ERROR: ABORTING BOOT|Automatic (?:file system|filesystem) check failed|.{0,160}terminated abnormally, going to single user mode|Unknown error; help!|Reboot failed; help!)/,
  hints: ["aborting boot", "check failed; help", "going to single user mode", "failed; help!"],
  matches: [
    "ERROR: ABORTING BOOT (sending SIGTERM to parent)!",
    "Automatic file system check failed; help!",
  ],
  rejects: ["ABORTING BOOT"],
});
