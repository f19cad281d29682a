import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the kernel finds no root file system",
  sources: [
    'Linux init/do_mounts.c mount_block_root(): "VFS: Cannot open root device", "Unable to mount root fs"',
  ],
  state: "stuck",
  class: "mountroot",
  action: "confirm",
  view: "line",
  pattern: /^VFS: (?:Cannot open root device|Unable to mount root fs)|^Waiting for root device \S/,
  hints: ["vfs: ", "waiting for root device"],
  matches: [
    'VFS: Cannot open root device "sda1" or unknown-block(0,0): error -6',
    "VFS: Unable to mount root fs on unknown-block(0,0)",
    "Waiting for root device PARTUUID=8a7d3f10-02...",
  ],
  rejects: [
    "VFS: Mounted root (ext4 filesystem) readonly on device 8:1.",
    "VFS: Disk quotas dquot_6.6.0",
  ],
});
