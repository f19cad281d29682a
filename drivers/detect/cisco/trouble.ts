import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the router or switch is short of memory or CPU",
  sources: ["Cisco IOS system messages: SYS-2-MALLOCFAIL, SYS-3-CPUHOG"],
  state: "warning",
  class: "alloc-failure",
  action: "notify",
  view: "line",
  pattern: /%SYS-(?:2-MALLOCFAIL|3-CPUHOG|2-CHUNK\w{3,20}): /,
  hints: ["%sys-2-mallocfail", "%sys-3-cpuhog", "%sys-2-chunk"],
  matches: [
    "%SYS-2-MALLOCFAIL: Memory allocation of 65536 bytes failed from 0x60",
    "*Nov 22 08:12:48.123: %SYS-3-CPUHOG: Task is running for (2004)msecs",
  ],
  rejects: ["%SYS-5-CONFIG_I: x"],
});
