import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the kernel finds no root file system and asks for one",
  sources: ['FreeBSD sys/kern/vfs_mountroot.c: "mountroot> "', 'NetBSD sys/kern: "root device: "'],
  state: "stuck",
  class: "mountroot",
  action: "recover",
  view: "line",
  pattern: /^(?:mountroot>|root device(?: \(default \w{1,12}\))?:) ?$/,
  hints: ["mountroot>", "device: ", "): "],
  prompt: true,
  matches: ["mountroot> ", "root device (default wd0a): ", "root device: "],
  rejects: ["see mountroot> "],
});
