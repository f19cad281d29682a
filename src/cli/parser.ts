import { Command, Option } from "commander";
import type { CommandOption, CommandSpec } from "./command.ts";
import type { CommandEntry } from "./commands.ts";
import type { Context } from "./context.ts";
import { choiceOption } from "./option-values.ts";

/** Help is laid out for this width where there is no terminal. */
const HELP_WIDTH = 100;

const SITE_OPTIONS: readonly CommandOption[] = [
  { flags: "--config <file>", summary: "configuration file" },
  { flags: "--direct", summary: "open the devices here, even if a daemon runs" },
];
const JSON_OPTION: CommandOption = { flags: "--json", summary: "print JSON" };
const COLOUR_OPTION: CommandOption = {
  flags: "--color <when>",
  summary: "auto, always or never",
  parse: choiceOption(["auto", "always", "never"]),
};

/** The parser of one command, with its help. It throws instead of ending the process. */
export function createParser(entry: CommandEntry, spec: CommandSpec, context: Context): Command {
  const parser = new Command(`oob ${entry.name}`)
    .description(spec.about === undefined ? entry.summary : `${entry.summary}\n\n${spec.about}`)
    .helpOption("-h, --help", "print this")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      // The message comes back as the thrown error and is worded like every other one.
      writeErr: () => {},
      getOutHelpWidth: () =>
        context.stdout.isTTY ? (context.stdout.columns ?? HELP_WIDTH) : HELP_WIDTH,
      getErrHelpWidth: () => HELP_WIDTH,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
  if (spec.usage !== "") parser.arguments(spec.usage);
  const shared = [
    ...(spec.siteless ? [] : SITE_OPTIONS),
    ...(spec.jsonless ? [] : [JSON_OPTION]),
    COLOUR_OPTION,
  ];
  for (const option of [...spec.options, ...shared]) parser.addOption(toCommander(option));
  const examples = spec.examples.map((example) => `  ${example}`).join("\n");
  return parser.addHelpText("after", `\nExamples:\n${examples}`);
}

function toCommander(option: CommandOption): Option {
  const made = new Option(option.flags, option.summary);
  if (option.parse) made.argParser(option.parse);
  if (option.default !== undefined) made.default(option.default);
  return made;
}
