import { OobError } from "../../lib/errors.ts";
import { nameHint } from "../../lib/nearest.ts";
import type { OptionSpec } from "../../sdk/options.ts";
import { type Call, defineCommand } from "../command.ts";
import { JSON_VERSION } from "../json-views.ts";
import { chooseVerb } from "../verbs.ts";

const VERBS = ["list", "show"] as const;

export default defineCommand({
  usage: "<verb> [runbook]",
  about:
    "list            runbooks that ship and yours\nshow RUNBOOK    what it does, and its settings",
  options: [],
  examples: ["oob runbook list", "oob runbook show single-user"],
  async run(call) {
    const [word = "", name = ""] = call.args;
    switch (chooseVerb("runbook", word, VERBS)) {
      case "list":
        return list(call);
      case "show":
        return show(call, name);
    }
  },
});

async function list({ out, options, site }: Call): Promise<undefined> {
  const runbooks = await (await site()).runbooks();
  if (options.json) {
    out.json({ v: JSON_VERSION, runbooks });
    return;
  }
  out.table(
    [{ title: "RUNBOOK" }, { title: "RISK" }, { title: "TITLE", flexible: true }],
    runbooks.map(({ name, risk, title }) => [
      name,
      { text: risk, style: risk === "disrupt" ? "yellow" : "plain" },
      title,
    ]),
  );
}

async function show({ out, options, site }: Call, name: string): Promise<undefined> {
  const runbooks = await (await site()).runbooks();
  const found = runbooks.find((runbook) => runbook.name === name);
  if (found === undefined)
    throw new OobError("USAGE", `Cannot show runbook "${name}": there is none of this name`, {
      hint: nameHint(
        name,
        runbooks.map((runbook) => runbook.name),
      ),
    });
  if (options.json) {
    out.json({ v: JSON_VERSION, ...found });
    return;
  }
  out.line({ text: found.name, style: "bold" }, `  ${found.title}  (risk: ${found.risk})`);
  for (const line of found.summary.split("\n")) out.line(line);
  const settings = Object.entries(found.options);
  if (settings.length === 0) return;
  out.line("");
  out.table(
    [
      { title: "--set" },
      { title: "KIND" },
      { title: "DEFAULT" },
      { title: "WHAT", flexible: true },
    ],
    settings.map(([setting, spec]) => [setting, kindOf(spec), defaultOf(spec), spec.summary]),
  );
}

function kindOf(spec: OptionSpec): string {
  return spec.choices === undefined ? spec.kind : spec.choices.join("|");
}

function defaultOf(spec: OptionSpec): string {
  return spec.default === undefined ? (spec.required ? "(needed)" : "-") : String(spec.default);
}
