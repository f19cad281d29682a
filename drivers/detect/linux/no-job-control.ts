import { defineRule } from "oob/sdk";

export default defineRule({
  means: "a shell runs in place of the system (init=/bin/sh)",
  sources: [
    'bash jobs.c: "cannot set terminal process group (%d)", "no job control in this shell"',
    'busybox shell/ash.c: "can\'t access tty; job control turned off"',
  ],
  state: "stuck",
  class: "single-user-prompt",
  action: "confirm",
  view: "line",
  pattern:
    /^(?:bash|\/bin\/(?:ba)?sh|sh|-?(?:ba|a)?sh): (?:cannot set terminal process group \(-?1\)|no job control in this shell|.{0,6}can't access tty; job control turned off)/,
  hints: ["cannot set terminal process group", "no job control in this shell", "can't access tty"],
  matches: [
    "bash: cannot set terminal process group (-1): Inappropriate ioctl for device",
    "/bin/sh: can't access tty; job control turned off",
    "bash: no job control in this shell",
  ],
  rejects: ["bash: cannot set terminal process group (812): Inappropriate ioctl for device"],
});
