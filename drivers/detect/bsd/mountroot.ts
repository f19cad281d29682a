import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the kernel finds no root file system and asks for one",
  sources: ['FreeBSD sys/kern/vfs_mountroot.c: "mountroot> "'],
  state: "stuck",
  class: "mountroot",
  action: "recover",
  view: "line",
  pattern: /^mountroot> ?$/,
  hints: ["mountroot>"],
  prompt: true,
  matches: ["mountroot> "],
  rejects: ["see mountroot> "],
});
