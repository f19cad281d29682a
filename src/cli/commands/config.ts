import { defineCommand } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { JSON_VERSION } from "../json-views.ts";
import { chooseVerb } from "../verbs.ts";

export default defineCommand({
  usage: "<verb>",
  about: "check    every problem of the configuration, with its place. Touches no device.",
  options: [{ flags: "--config <file>", summary: "configuration file" }],
  examples: ["oob config check", "oob config check --config ./oob.yaml"],
  siteless: true,
  async run({ out, args, options, context }) {
    chooseVerb("config", args[0] ?? "", ["check"]);
    const { checkSite, formatProblem } = await import("../../daemon/offline.ts");
    const { path, problems, summary } = await checkSite(options.config, context.env);
    const errors = problems.filter((problem) => problem.severity === "error").length;
    const code = errors > 0 ? EXIT.usage : undefined;
    if (options.json) {
      out.json({ v: JSON_VERSION, path, ok: errors === 0, problems, summary });
      return code;
    }
    for (const problem of problems)
      for (const line of formatProblem(problem).split("\n")) out.line(line);
    const { hosts, pdus, outlets, watched } = summary;
    const modes = Object.entries(watched).map(([mode, count]) => `${count} ${mode}`);
    const warnings = problems.length - errors;
    out.talk(
      `${path}: ${count(errors, "error")}, ${count(warnings, "warning")}; ` +
        `${count(hosts, "host")} (watchdog: ${modes.join(", ") || "none"}), ` +
        `${count(pdus, "PDU")}, ${count(outlets, "outlet")}`,
    );
    return code;
  },
});

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? "" : "s"}`;
}
