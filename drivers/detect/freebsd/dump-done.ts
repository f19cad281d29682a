import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the crash dump is complete",
  sources: ['FreeBSD sys/kern/kern_shutdown.c, kern_dump.c: "Dump complete"'],
  state: "crash",
  class: "panic",
  action: "recover",
  view: "line",
  after: ["crash-dump", "panic"],
  pattern:
    /^(?:Dump complete$|\*\* DUMP FAILED|Dump failed\. Partition too small|Automatic reboot in \d{1,4} seconds - press a key on the console to abort)/,
  hints: ["dump complete", "dump failed", "automatic reboot in"],
  matches: [
    "Dump complete",
    "** DUMP FAILED (ERROR 5) **",
    "Automatic reboot in 15 seconds - press a key on the console to abort",
  ],
  rejects: ["pg_dump complete"],
});
