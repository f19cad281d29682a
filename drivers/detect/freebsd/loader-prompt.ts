import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the FreeBSD or illumos loader waits for a command",
  sources: ['FreeBSD stand/common/interp.c: prompt "OK "'],
  state: "stuck",
  class: "boot-loader",
  action: "notify",
  view: "line",
  pattern: /^OK $/,
  hints: ["ok "],
  prompt: true,
  matches: ["OK "],
  rejects: ["it is OK "],
});
