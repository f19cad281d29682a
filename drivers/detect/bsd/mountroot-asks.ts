import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the kernel finds no root file system and asks for one",
  sources: ['FreeBSD sys/kern/vfs_mountroot.c: "Manual root filesystem specification:"'],
  state: "stuck",
  class: "mountroot",
  action: "recover",
  view: "line",
  pattern:
    /^(?:root device(?: \(default \w{1,12}\))?: ?$|Manual root filesystem specification:|Mounting from .{1,120} failed with error -?\d{1,4}(?!.{0,4}retrying))/,
  hints: ["root device", "manual root filesystem", "failed with error "],
  matches: [
    "root device (default wd0a): ",
    "root device: ",
    "Manual root filesystem specification:",
    "Mounting from ufs:/dev/ufs/FreeBSD_Install failed with error 19.",
  ],
  rejects: [
    "copy failed with error 2",
    "Mounting from ufs:/dev/da0p2 failed with error 2; retrying for 3 more seconds",
  ],
});
