import { defineRule } from "oob/sdk";

export default defineRule({
  means: "a Linux kernel starts",
  sources: ['Linux init/version-timestamp.c linux_banner: "Linux version " UTS_RELEASE'],
  state: "healthy",
  class: "boot",
  action: "none",
  view: "line",
  pattern: /^Linux version \d{1,2}\.\d{1,3}[\w.+~-]{0,80} \(/,
  hints: ["linux version "],
  matches: [
    "Linux version 6.1.0-50-amd64 (debian-kernel@lists.debian.org) (gcc-12 (Debian 12.2.0-14) 12.2.0)",
    "Linux version 2.6.32.12 (root@build) (gcc version 4.4.3) #1 SMP",
  ],
  rejects: ["the Linux version 6.1.0 (from Debian)", "Linux version: 6.1"],
});
