import { defineRule } from "oob/sdk";

export default defineRule({
  means: "a shell runs in place of the system (init=/bin/bash)",
  sources: ['bash jobs.c initialize_job_control(): "cannot set terminal process group (%d)"'],
  state: "stuck",
  class: "single-user-prompt",
  action: "confirm",
  view: "line",
  pattern: /^(?:bash|\/bin\/bash|sh|\/bin\/sh): cannot set terminal process group \(-1\)/,
  hints: ["cannot set terminal process group"],
  matches: ["bash: cannot set terminal process group (-1): Inappropriate ioctl for device"],
  rejects: ["bash: cannot set terminal process group (812): Inappropriate ioctl for device"],
});
