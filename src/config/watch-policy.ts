import { minutes, seconds } from "../lib/durations.ts";
import type { WatchPolicy } from "./site-config.ts";

/** What `watch: NAME` stands for. */
export type WatchPreset = "off" | "observe" | "ask" | "act" | "careful";

const observe: WatchPolicy = {
  mode: "observe",
  ladder: ["nudge", "sysrq", "cycle", "page"],
  confirmFor: seconds(60),
  silence: minutes(10),
  handsOff: minutes(15),
  bootWithin: minutes(10),
  budget: { cycles: 2, per: minutes(360) },
  coolDown: minutes(15),
  collect: seconds(20),
  sysrq: false,
  quiet: [],
};

// Where the watchdog acts, silence is no evidence unless the entry says so: a console without a login prompt is
// silent and answers nothing, and its host is well.
const act: WatchPolicy = { ...observe, mode: "act", silence: 0 };

/** The policy behind each preset; `observe` is the default. */
export const WATCH_PRESETS: Readonly<Record<WatchPreset, WatchPolicy>> = {
  off: { ...observe, mode: "off" },
  observe,
  ask: { ...observe, mode: "ask" },
  act,
  careful: {
    ...act,
    confirmFor: minutes(5),
    handsOff: minutes(60),
    budget: { cycles: 1, per: minutes(1440) },
  },
};
