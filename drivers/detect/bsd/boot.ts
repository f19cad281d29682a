import { defineRule } from "oob/sdk";

export default defineRule({
  means: "a BSD kernel starts",
  sources: [
    "FreeBSD sys/conf/newvers.sh",
    "OpenBSD sys/conf/newvers.sh",
    "NetBSD sys/conf/newvers.sh",
  ],
  state: "healthy",
  class: "boot",
  action: "none",
  view: "line",
  pattern:
    /^(?:OpenBSD \d{1,2}\.\d{1,2}(?:-\w{2,10})? \([\w.-]{1,40}\) #\d|NetBSD \d{1,2}\.[\d.]{1,9}[\w_. -]{0,20}\([\w.-]{1,40}\) #\d|DragonFly \d|Copyright \(c\) 1992-20\d\d The FreeBSD Project)/,
  hints: ["openbsd ", "netbsd ", "dragonfly ", "the freebsd project"],
  matches: [
    "Copyright (c) 1992-2021 The FreeBSD Project.",
    "OpenBSD 7.4 (GENERIC.MP) #1397: Tue Oct 10 09:02:37 MDT 2023",
    "NetBSD 9.3 (GENERIC) #0: Thu Aug  4 15:30:37 UTC 2022",
  ],
  rejects: [
    "FreeBSD is a registered trademark of The FreeBSD Foundation.",
    "FreeBSD/amd64 (web1) (ttyu0)",
  ],
});
