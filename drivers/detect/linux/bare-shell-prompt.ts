import { defineRule } from "oob/sdk";

export default defineRule({
  means: "a shell waits for a command",
  sources: ['bash(1): PS1 default "\\\\s-\\\\v\\\\$ "', 'busybox shell/ash.c: "# ", "$ ", "~ # "'],
  state: "healthy",
  class: "runtime",
  action: "none",
  view: "line",
  pattern:
    /^(?:(?:-?(?:ba|da|a|k|z)?sh-\d{1,2}\.\d{1,2}(?:\.\d{1,3})?)?[#$] |(?:~|\/[\w./-]{0,60}) [#$] |[\w.-]{1,40}[: ][~/][\w./~-]{0,60} ?[#$>] |\xe2\x94\x94\xe2\x94\x80[#$] |[\w.-]{1,32}[#$%] |\[[\w.-]{1,32}\][#$%] )$/,
  // Loaders whose prompt looks alike.
  unless: /^Aboot# $/,
  hints: ["# ", "$ ", "% ", "> "],
  prompt: true,
  matches: [
    "# ",
    "$ ",
    "bash-5.1# ",
    "/ # ",
    "~ # ",
    "sh-4.4$ ",
    "alpine:~# ",
    "linux-abc:~ # ",
    "gentoo ~ # ",
    "host:/var/log> ",
  ],
  rejects: ["#! ", "## ", "a b # "],
});
