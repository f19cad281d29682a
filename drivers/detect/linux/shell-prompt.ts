import { defineRule } from "oob/sdk";

export default defineRule({
  means: "a shell waits for a command",
  sources: ["bash(1) PROMPTING; /etc/bash.bashrc of Debian, Fedora, SUSE"],
  state: "healthy",
  class: "runtime",
  action: "none",
  view: "line",
  pattern:
    /(?:^|\S|^\([\w.-]{1,40}\) |^\[[^\]]{1,30}\] |^\d\d:\d\d(?::\d\d)? )\[?[\w.-]{1,32}@[\w.()-]{1,64}(?:[: ][^#$%>]{0,120})?\]?[#$%>] $/,
  hints: ["# ", "$ ", "% ", "> "],
  prompt: true,
  matches: [
    "root@web1:~# ",
    "[root@web1 ~]# ",
    "admin@db-2:/var/log$ ",
    "root@(none):/# ",
    "geeko@linux:~> ",
    "admin@switch> ",
    "(venv) root@web1:~# ",
    "[08:12:11] root@web1:~# ",
  ],
  rejects: ["mail to root@web1", "100 % "],
});
