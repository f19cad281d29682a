import { defineRule } from "oob/sdk";

export default defineRule({
  means: "a task hangs in the kernel and cannot be killed",
  sources: [
    'Linux kernel/hung_task.c check_hung_task(): "INFO: task %s:%d blocked for more than %ld seconds."',
  ],
  state: "crash",
  class: "hung-task",
  action: "confirm",
  view: "line",
  stamped: true,
  pattern:
    /^INFO: task .{1,48} (?:blocked (?:for more than|in I\/O wait for more than) \d{1,6} seconds|can't die for more than \d{1,6} seconds|is blocked on)|^"echo 0 > \/proc\/sys\/kernel\/hung_task_timeout_secs" disables this message/,
  hints: ["info: task ", "hung_task_timeout_secs"],
  matches: [
    "INFO: task kworker/0:1:13 blocked for more than 120 seconds.",
    "INFO: task syz.1:99 can't die for more than 143 seconds.",
    '"echo 0 > /proc/sys/kernel/hung_task_timeout_secs" disables this message.',
  ],
  rejects: [
    "INFO: task scheduling was changed",
    "kernel.hung_task_timeout_secs = 120",
    "the INFO: task foo:1 blocked for more than 120 seconds line",
  ],
});
