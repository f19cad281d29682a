import { defineCommand } from "../command.ts";
import { EXIT } from "../exit-codes.ts";

const ENDING_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];

export default defineCommand<{ once?: boolean }>({
  usage: "",
  about:
    "Three simulated hosts, a PDU, and the real daemon on them. One host panics; watch it being proved, cut and brought back. Touches no device of yours.",
  options: [{ flags: "--once", summary: "end after the first recovery" }],
  examples: ["oob demo", "oob demo --once"],
  siteless: true,
  jsonless: true,
  // It has a daemon to stop and a folder to remove before it ends.
  ownSignals: true,
  async run({ out, options, context }) {
    const { demo } = await import("../../daemon/demo.ts");
    const { env, clock, signals } = context;
    const stop = new AbortController();
    const abort = () => stop.abort();
    for (const signal of ENDING_SIGNALS) signals.on(signal, abort);
    try {
      const recovered = await demo({
        once: options.once ?? false,
        say: (line) => out.line(line),
        oob: [process.execPath, process.argv[1] ?? "oob"],
        env,
        clock,
        signal: stop.signal,
      });
      return recovered ? EXIT.done : EXIT.failed;
    } catch (thrown) {
      if (stop.signal.aborted) return EXIT.interrupted;
      throw thrown;
    } finally {
      for (const signal of ENDING_SIGNALS) signals.off(signal, abort);
    }
  },
});
