import type { Site } from "../core/site/site.ts";
import type { Context } from "./context.ts";
import type { Interrupt } from "./interrupt.ts";
import type { Output } from "./output.ts";

/** An option of a command. `parse` throws USAGE on what it cannot read. */
export interface CommandOption {
  /** As shown and as parsed: "-n, --lines <count>". */
  readonly flags: string;
  readonly summary: string;
  readonly parse?: (text: string, before: unknown) => unknown;
  readonly default?: string | number | boolean;
}

/** Options that every command has. */
export interface SharedOptions {
  readonly json?: boolean;
  readonly config?: string;
  readonly direct?: boolean;
  readonly color?: "auto" | "always" | "never";
}

/** One call of a command: what was typed, and the world around it. */
export interface Call<Options = object> {
  readonly context: Context;
  readonly out: Output;
  readonly args: readonly string[];
  readonly options: Options & SharedOptions;
  readonly interrupt: Interrupt;
  /** Opens the site, once; `urls` are hosts or PDUs that stand in no file. It is closed after the command. */
  readonly site: (urls?: readonly string[]) => Promise<Site>;
}

/** A command, whole. `run` gives the exit code; nothing is 0. */
export interface CommandSpec {
  /** Arguments as shown and as parsed: "<host>", "<verb> <hosts...>". */
  readonly usage: string;
  /** Lines under the summary in the help of this command. */
  readonly about?: string;
  readonly options: readonly CommandOption[];
  readonly examples: readonly [string, string];
  /** false: the command opens no site and has no options for it. */
  readonly siteless?: boolean;
  /** true: there is no result that `--json` could print. */
  readonly jsonless?: boolean;
  /** true: signals are the command's own affair; Ctrl-C does not end it here. */
  readonly ownSignals?: boolean;
  run(call: Call): Promise<number | undefined>;
}

interface TypedSpec<Options> extends Omit<CommandSpec, "run"> {
  run(call: Call<Options>): Promise<number | undefined>;
}

/** Declares a command; `Options` names what its options give. */
export function defineCommand<Options = object>(spec: TypedSpec<Options>): CommandSpec {
  // The parser gives what `options` declares; the two stand beside each other in the command's file.
  return { ...spec, run: (call) => spec.run(call as Call<Options>) };
}
