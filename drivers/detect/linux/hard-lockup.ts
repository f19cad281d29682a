import { defineRule } from "oob/sdk";

export default defineRule({
  means: "a CPU stands still with interrupts off",
  sources: [
    'Linux kernel/watchdog.c watchdog_hardlockup_check(): "Watchdog detected hard LOCKUP on cpu %d"',
    'Linux arch/powerpc/kernel/watchdog.c: "CPU %d self-detected hard LOCKUP"',
  ],
  state: "crash",
  class: "hard-lockup",
  action: "confirm",
  view: "line",
  stamped: true,
  pattern:
    /^(?:NMI )?(?:watchdog: )?(?:(?:CPU\d{1,4}: )?Watchdog (?:detected|CPU:\d{1,4} detected|CPU:\d{1,4}) [Hh]ard LOCKUP|(?:Watchdog )?CPU:? ?\d{1,4} (?:self-)?detected [Hh]ard LOCKUP|.{0,60}NMI Watchdog detected LOCKUP)/,
  hints: ["hard lockup", "detected lockup"],
  matches: [
    "NMI watchdog: Watchdog detected hard LOCKUP on cpu 0",
    "watchdog: CPU3: Watchdog detected hard LOCKUP on cpu 3",
    "watchdog: CPU 2 self-detected hard LOCKUP @ foo+0x1/0x2",
    "NMI Watchdog detected LOCKUP on CPU 0",
    "Watchdog CPU:2 detected Hard LOCKUP other CPUS:0-1",
    "Watchdog CPU:2 Hard LOCKUP",
  ],
  rejects: [
    "NMI watchdog: Enabled. Permanently consumes one hw-PMU counter.",
    "hard lockup tests passed",
  ],
});
