import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the UEFI shell sees no disk",
  sources: ['EDK2 ShellPkg UefiShellLevel2CommandsLib map: "No mapping found."'],
  state: "stuck",
  class: "no-boot-device",
  action: "notify",
  view: "line",
  pattern: /^map: No mapping found/,
  hints: ["map: no mapping found"],
  matches: ["map: No mapping found."],
  rejects: ["xmap: No mapping found."],
});
