import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the kernel debugger took over",
  sources: ['OpenBSD, NetBSD sys/ddb/db_trap.c: "Stopped at "'],
  state: "stuck",
  class: "debugger-prompt",
  action: "confirm",
  view: "line",
  pattern: /^Stopped (?:in pid \d{1,8}\.\d{1,8} \(.{1,40}\) )?at {1,10}\S{1,80}:/,
  hints: ["stopped at", "stopped in pid"],
  matches: [
    "Stopped at      db_enter+0x18:  addq    $0x8,%rsp",
    "Stopped in pid 0.1 (system) at  netbsd:breakpoint+0x5:  leave",
  ],
  rejects: ["Stopped at the traffic light"],
});
