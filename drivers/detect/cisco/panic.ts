import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the router or switch hit an exception and restarts itself",
  sources: [
    'Cisco: Troubleshooting Router Crashes: "*** System received a Bus Error exception ***"',
    'Cisco IOS: "Unexpected exception to CPU: vector", "CPU signal"',
  ],
  state: "crash",
  class: "panic",
  action: "confirm",
  view: "line",
  pattern:
    /^(?:\*{3} System received an? [\w ]{3,40} \*{3}|(?:\d\d:\d\d:\d\d [A-Z]{2,5} [\w ]{5,30}: )?(?:Unexpected exception to CPU: vector|Unexpected exception, CPU signal \d|[\w ()]{5,60} exception, CPU signal \d{1,2}, PC = 0x)|%Software-forced reload|Exception to IOS Thread:|UNIX-EXT-SIGNAL: )/,
  hints: [
    "system received a",
    "unexpected exception",
    "exception, cpu signal",
    "%software-forced reload",
    "exception to ios thread",
    "unix-ext-signal",
  ],
  matches: [
    "*** System received a Bus Error exception ***",
    "Unexpected exception to CPU: vector 1200, PC = 0x41234567 , LR = 0x4123",
    "TLB (load or instruction fetch) exception, CPU signal 10, PC = 0x60415678",
    "08:12:48 UTC Sun Nov 22 2026: Unexpected exception to CPU: vector 300, PC = 0x80",
    "%Software-forced reload",
  ],
  rejects: ["Unexpected exception in plugin", "a %Software-forced reload"],
});
