import { defineRule } from "oob/sdk";

export default defineRule({
  means: "memory ran out and a process was killed",
  sources: ['Linux mm/oom_kill.c: "Out of memory: Killed process %d (%s)"'],
  state: "warning",
  class: "oom",
  action: "notify",
  view: "line",
  pattern:
    /^(?:Out of memory(?: and no killable|:| \(oom)|Memory cgroup out of memory|[\w/.:() -]{1,48} invoked oom-killer: |oom-kill:constraint|oom_reaper: reaped|Killed process \d{1,8} \()/,
  hints: ["out of memory", "invoked oom-killer", "oom-kill:", "oom_reaper: ", "killed process "],
  matches: [
    "Out of memory: Killed process 812 (java) total-vm:4812344kB, anon-rss:3812344kB",
    "stress invoked oom-killer: gfp_mask=0x140cca(GFP_HIGHUSER_MOVABLE|__GFP_COMP), order=0",
    "Memory cgroup out of memory: Killed process 9 (foo)",
  ],
  rejects: ["java.lang.OutOfMemoryError: Java heap space", "configured Out of memory handler"],
});
