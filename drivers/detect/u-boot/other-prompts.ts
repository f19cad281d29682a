import { defineRule } from "oob/sdk";

export default defineRule({
  means: "a boot loader waits for a command",
  sources: ["RedBoot, CFE, Cisco ROMMON, YAMON manuals: their prompts"],
  state: "stuck",
  class: "boot-loader",
  action: "recover",
  view: "line",
  pattern: /^(?:RedBoot|CFE|rommon \d{1,4} |YAMON|PMON)> $/,
  hints: ["redboot> ", "cfe> ", " > ", "yamon> ", "pmon> "],
  prompt: true,
  matches: ["RedBoot> ", "CFE> ", "rommon 1 > "],
  rejects: ["at the RedBoot> "],
});
