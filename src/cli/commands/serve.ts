import { setFlagsFromString } from "node:v8";
import type { Millis } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";
import { defineCommand } from "../command.ts";

/** By then a daemon has its consoles: 5,000 take 4.75 s. */
const STARTED_AFTER: Millis = seconds(5);

export default defineCommand({
  usage: "",
  about:
    "Holds every console of the configuration open, logs, watches, and answers the other commands. Runs in the foreground until SIGTERM or Ctrl-C.",
  options: [{ flags: "--config <file>", summary: "configuration file" }],
  jsonless: true,
  examples: ["oob serve", "oob serve --config /etc/oob/oob.yaml"],
  siteless: true,
  ownSignals: true,
  async run({ out, options, context }) {
    // 1,000 consoles: PSS 54 MiB instead of 94 idle, 71 instead of 139 while all print; no more CPU (measured, Node 20).
    setFlagsFromString("--optimize-for-size");
    // From then on it would collect old garbage every 5 s while 500 print, instead of every 20, and a key waits up to
    // 40 ms for that. Young garbage gets no more room by it: else a hostile host took 46 MiB instead of 10.
    const started = context.clock.after(STARTED_AFTER, () => {
      setFlagsFromString("--semi-space-growth-factor=1");
      setFlagsFromString("--no-optimize-for-size");
    });
    const { serve } = await import("../../daemon/main.ts");
    const { env, clock, signals } = context;
    const { config } = options;
    const say = (line: string) => out.talk(line);
    const where = config === undefined ? {} : { config };
    await serve({ ...where, env, clock, signals, say }).finally(() => started.cancel());
    return undefined;
  },
});
