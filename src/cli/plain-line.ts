import type { CommandOption, CommandSpec, SharedOptions } from "./command.ts";

/** What a command line says. */
export interface ReadLine {
  readonly args: readonly string[];
  readonly options: SharedOptions;
}

/**
 * Reads the lines that are typed most and must start fastest: as many words as the command wants, and no option but
 * `--config FILE` and `--json`. undefined: the parser has to look, which takes 15 ms to load.
 */
export function plainLine(spec: CommandSpec, argv: readonly string[]): ReadLine | undefined {
  if (spec.siteless) return undefined;
  const args: string[] = [];
  let given: SharedOptions = {};
  for (let n = 0; n < argv.length; n++) {
    const word = argv[n] ?? "";
    const value = argv[n + 1] ?? "-";
    if (word === "--config" && !value.startsWith("-")) {
      given = { ...given, config: value };
      n++;
    } else if (word === "--json" && !spec.jsonless) given = { ...given, json: true };
    else if (word.startsWith("-")) return undefined;
    else args.push(word);
  }
  if (!fits(spec.usage, args.length)) return undefined;
  return { args, options: { ...Object.fromEntries(spec.options.flatMap(defaultOf)), ...given } };
}

/** Whether a command takes so many words: "<host>", "<verb> [hosts...]". */
function fits(usage: string, count: number): boolean {
  const wanted = usage.split(" ").filter((word) => word !== "");
  const needed = wanted.filter((word) => word.startsWith("<")).length;
  return count >= needed && (count <= wanted.length || usage.includes("..."));
}

/** What an option that is not given says; "--no-power" leaves `power` true. */
function defaultOf({ flags, default: value }: CommandOption): (readonly [string, unknown])[] {
  const name = nameOf(flags.replace("--no-", "--"));
  if (value !== undefined) return [[name, value]];
  return flags.includes("--no-") ? [[name, true]] : [];
}

/** "-n, --last-lines <count>" is `lastLines`. */
function nameOf(flags: string): string {
  const [, long = ""] = /--([a-z-]+)/.exec(flags) ?? [];
  return long.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
