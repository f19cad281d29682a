import { defineRule } from "oob/sdk";

export default defineRule({
  means: "a shell waits for a command",
  sources: ["bash(1) PROMPTING; /etc/bash.bashrc of Debian, Fedora, SUSE"],
  state: "healthy",
  class: "runtime",
  action: "none",
  view: "line",
  pattern: /[\w.-]@[\w.()-]{1,64}(?:[: ][^#$%>]{0,120})?\]?[#$%>] $/,
  // An address in a line of text; an arrow, as systemd draws it where it tells all it does.
  unless: /<[\w.+-]{1,64}@[\w.-]{1,100}> $|[-=]> $/,
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
  rejects: [
    "mail to root@web1",
    "Copyright 2022 Ann Other <ann@example.org> ",
    "serial-getty@ttyS0.service: Changed dead -> ",
    "100 % ",
  ],
});
