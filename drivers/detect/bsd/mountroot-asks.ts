import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the kernel finds no root file system and asks for one",
  sources: ['FreeBSD sys/kern/vfs_mountroot.c: "Manual root filesystem specification:"'],
  state: "stuck",
  class: "mountroot",
  action: "recover",
  view: "line",
  pattern:
    /^(?:Manual root filesystem specification:|Mounting from .{1,120} failed with error -?\d{1,4})/,
  hints: ["manual root filesystem", "failed with error "],
  matches: [
    "Manual root filesystem specification:",
    "Mounting from ufs:/dev/ufs/FreeBSD_Install failed with error 19.",
  ],
  rejects: ["copy failed with error 2"],
});
