import { defineCommand } from "../command.ts";

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
    const { serve } = await import("../../daemon/main.ts");
    const { env, clock, signals } = context;
    const { config } = options;
    const say = (line: string) => out.talk(line);
    await serve({ ...(config === undefined ? {} : { config }), env, clock, signals, say });
    return undefined;
  },
});
