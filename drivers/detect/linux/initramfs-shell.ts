import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the root file system was not found: a shell of the initramfs waits",
  sources: [
    'initramfs-tools scripts/functions panic(): PS1="(initramfs) "',
    'dracut modules.d/99base/init.sh: PS1="dracut:# ", switch_root:/#',
  ],
  state: "stuck",
  class: "emergency-shell",
  action: "recover",
  view: "line",
  pattern:
    /^(?:\(initramfs\)|dracut:[\w/.-]{0,60}#|switch_root:[\w/.-]{0,60}#|:[/~][\w/.-]{0,40}#|\[?rootfs ?[\w/~.-]{0,40}\]?#|initqueue:[\w/.-]{0,40}#|(?:pre-)?(?:mount|pivot|trigger|udev):[\w/.-]{0,40}#) ?$/,
  hints: ["(initramfs) ", "# "],
  prompt: true,
  matches: ["(initramfs) ", "dracut:/# ", "switch_root:/# ", ":/# "],
  rejects: ["boot with (initramfs) ", "# "],
});
