import { CommanderError } from "commander";
import { OobError } from "../lib/errors.ts";
import type { CommandSpec, SharedOptions } from "./command.ts";
import type { CommandEntry } from "./commands.ts";
import type { Context } from "./context.ts";
import { createParser } from "./parser.ts";
import type { ReadLine } from "./plain-line.ts";

/** Reads any command line. undefined: help was asked for and is printed. Throws USAGE. */
export function parseLine(
  entry: CommandEntry,
  spec: CommandSpec,
  argv: readonly string[],
  context: Context,
): ReadLine | undefined {
  const parser = createParser(entry, spec, context);
  try {
    parser.parse([...argv], { from: "user" });
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    if (thrown.exitCode === 0) return undefined;
    throw new OobError("USAGE", `Cannot read the command line: ${wordingOf(thrown)}`, {
      hint: `${exampleOf(thrown, spec)}See: oob ${entry.name} --help`,
    });
  }
  return { args: parser.args, options: parser.opts<SharedOptions>() };
}

/** Whoever left out a word sees where it stands. */
function exampleOf({ code }: CommanderError, { examples: [example] }: CommandSpec): string {
  if (code !== "commander.missingArgument" || example === undefined) return "";
  return `For example: ${example}   `;
}

function wordingOf(error: CommanderError): string {
  return error.message
    .replace(/^error: /, "")
    .replace(/\.?\n?$/, "")
    .replaceAll("\n", " ")
    .replaceAll("'", '"');
}
