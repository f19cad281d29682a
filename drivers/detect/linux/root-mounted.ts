import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the kernel found its root file system",
  sources: [
    'Linux init/do_mounts.c: "VFS: Mounted root (%s filesystem)%s on device %u:%u."',
    'Linux init/main.c: "Run %s as init process"',
  ],
  state: "healthy",
  class: "runtime",
  action: "none",
  view: "line",
  ends: ["mountroot"],
  pattern: /^(?:VFS: Mounted root \(|Run \/\S{1,80} as init process)/,
  hints: ["vfs: mounted root", "as init process"],
  matches: [
    "VFS: Mounted root (ext4 filesystem) readonly on device 179:2.",
    "Run /sbin/init as init process",
  ],
  rejects: ["VFS: Unable to mount root fs", "it was Run as init process"],
});
