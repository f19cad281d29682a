import type { CommandSpec, SharedOptions } from "./command.ts";

/** What a command line says. */
export interface ReadLine {
  readonly args: readonly string[];
  readonly options: SharedOptions;
}

/**
 * Reads the line that is typed most and must start fastest: as many words as the command wants, and no option but
 * `--config FILE`. undefined: the parser has to look, which takes 15 ms to load.
 */
export function plainLine(spec: CommandSpec, argv: readonly string[]): ReadLine | undefined {
  if (spec.siteless || !/^(?:<\w+>(?: |$))*$/.test(spec.usage)) return undefined;
  const args: string[] = [];
  let config: string | undefined;
  for (let n = 0; n < argv.length; n++) {
    const word = argv[n] ?? "";
    const value = argv[n + 1] ?? "-";
    if (word === "--config" && !value.startsWith("-")) {
      config = value;
      n++;
    } else if (word.startsWith("-")) return undefined;
    else args.push(word);
  }
  if (args.length !== spec.usage.split(" ").filter((word) => word !== "").length) return undefined;
  const options = Object.fromEntries(
    spec.options
      .filter((option) => option.default !== undefined)
      .map((option) => [nameOf(option.flags), option.default]),
  );
  return { args, options: config === undefined ? options : { ...options, config } };
}

/** "-n, --last-lines <count>" is `lastLines`. */
function nameOf(flags: string): string {
  const [, long = ""] = /--([a-z-]+)/.exec(flags) ?? [];
  return long.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
