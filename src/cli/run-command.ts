import type { Site } from "../core/site/site.ts";
import type { Millis } from "../lib/clock.ts";
import { OobError } from "../lib/errors.ts";
import { nameHint } from "../lib/nearest.ts";
import type { Call, CommandSpec, SharedOptions } from "./command.ts";
import { COMMANDS, type CommandEntry } from "./commands.ts";
import type { Context } from "./context.ts";
import { EXIT, exitCodeOf } from "./exit-codes.ts";
import { Interrupt } from "./interrupt.ts";
import { Output } from "./output.ts";
import type { parseLine } from "./parse-line.ts";
import { plainLine, type ReadLine } from "./plain-line.ts";
import { printError } from "./print-error.ts";

/** How long an interrupted command has to say what state it leaves. */
const LAST_WORDS: Millis = 1000;
const ENDING_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];
/** How long devices have to close before the process ends without them. */
const CLOSING: Millis = 3000;

/** What stands on the command line when no command has that name. */
export function unknownCommand(name: string, context: Context): number {
  const names = COMMANDS.map((command) => command.name);
  const error = new OobError("USAGE", `Cannot run "${name}": oob has no such command`, {
    hint: `${nameHint(name, names) ?? ""}  See: oob help`.trim(),
  });
  printError(new Output(context, "auto"), error);
  return EXIT.usage;
}

/** Parses the rest of the line, runs the command, turns whatever it throws into words and an exit code. */
export async function runCommand(
  entry: CommandEntry,
  argv: readonly string[],
  context: Context,
): Promise<number> {
  const { default: spec } = await entry.load();
  let line: ReadLine | undefined;
  try {
    line = plainLine(spec, argv) ?? (await parsedLine(entry, spec, argv, context));
  } catch (thrown) {
    printError(new Output(context, "auto"), thrown);
    return exitCodeOf(thrown);
  }
  // Help was asked for and is printed.
  return line === undefined ? EXIT.done : runParsed(spec, line, context);
}

async function parsedLine(...line: Parameters<typeof parseLine>): Promise<ReadLine | undefined> {
  return (await import("./parse-line.ts")).parseLine(...line);
}

async function runParsed(
  spec: CommandSpec,
  { args, options }: ReadLine,
  context: Context,
): Promise<number> {
  const out = new Output(context, options.color ?? "auto");
  const interrupt = new Interrupt();
  const raise = () => interrupt.raise();
  const signals = spec.ownSignals ? [] : ENDING_SIGNALS;
  for (const signal of signals) context.signals.on(signal, raise);
  const sites = new OpenedSite(context, options, out);
  try {
    const call: Call = {
      context,
      out,
      args,
      options,
      interrupt,
      site: (urls) => sites.open(urls),
    };
    return await endAtInterrupt(spec.run(call), interrupt.signal, context);
  } catch (thrown) {
    // What breaks off because of Ctrl-C needs no explanation.
    if (interrupt.signal.aborted) return EXIT.interrupted;
    printError(out, thrown);
    return exitCodeOf(thrown);
  } finally {
    await sites.close();
    for (const signal of signals) context.signals.off(signal, raise);
  }
}

/** Waits for the command, after an interruption only for its last words. */
async function endAtInterrupt(
  running: Promise<number | undefined>,
  signal: AbortSignal,
  context: Context,
): Promise<number> {
  const interrupted = new Promise<number>((resolve) => {
    signal.addEventListener("abort", () =>
      context.clock.after(LAST_WORDS, () => resolve(EXIT.interrupted)),
    );
  });
  const code = (await Promise.race([running, interrupted])) ?? EXIT.done;
  return signal.aborted ? EXIT.interrupted : code;
}

class OpenedSite {
  readonly #context: Context;
  readonly #options: SharedOptions;
  readonly #out: Output;
  #site: Promise<Site> | undefined;

  constructor(context: Context, options: SharedOptions, out: Output) {
    this.#context = context;
    this.#options = options;
    this.#out = out;
  }

  open(urls: readonly string[] = []): Promise<Site> {
    const { config, direct } = this.#options;
    this.#site ??= this.#out.waiting(
      "the site to open",
      this.#context.openSite(
        {
          ...(config === undefined ? {} : { config }),
          ...(direct === undefined ? {} : { direct }),
          ...(urls.length === 0 ? {} : { hosts: urls }),
        },
        (path) => this.#out.talk(`using the demo at ${path}`),
      ),
    );
    return this.#site;
  }

  /** What fails or hangs while closing changes nothing of what the command did. */
  async close(): Promise<void> {
    const closing = this.#site?.then((site) => site.close()).catch(() => {});
    if (closing === undefined) return;
    const enough = new AbortController();
    await Promise.race([
      closing,
      this.#context.clock.sleep(CLOSING, enough.signal).catch(() => {}),
    ]);
    enough.abort();
  }
}
