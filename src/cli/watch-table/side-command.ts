import type { Call, CommandSpec } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import type { Interrupt } from "../interrupt.ts";
import { LocalTerminal } from "../local-terminal.ts";
import { printError } from "../print-error.ts";

/** Commands that the table's keys run. Not looked up by name: the list of commands holds the table itself. */
const COMMANDS = {
  attach: () => import("../commands/attach.ts"),
  log: () => import("../commands/log.ts"),
  power: () => import("../commands/power.ts"),
  hold: () => import("../commands/hold.ts"),
  release: () => import("../commands/release.ts"),
} as const satisfies Readonly<Record<string, () => Promise<{ readonly default: CommandSpec }>>>;

/** A command with what would stand on its line. */
export interface SideCommand {
  readonly name: keyof typeof COMMANDS;
  readonly args: readonly string[];
  readonly options?: object;
  /** What it printed is read before the table comes back. */
  readonly waits: boolean;
}

/** Runs a command in the terminal's usual mode, on the site of the table; whatever goes wrong is printed. */
export async function runBeside(
  call: Call,
  { name, args, options = {}, waits }: SideCommand,
  interrupt: Interrupt,
  left: AbortSignal,
): Promise<void> {
  let code: number = EXIT.failed;
  try {
    const { default: spec } = await COMMANDS[name]();
    code = (await spec.run({ ...call, args, options, interrupt })) ?? EXIT.done;
  } catch (thrown) {
    if (!interrupt.signal.aborted) printError(call.out, thrown);
  }
  if ((waits || code !== EXIT.done) && !left.aborted) await anyKey(call, left);
}

/** Waits for a key, so that what stands there can be read. */
function anyKey({ context, out }: Call, left: AbortSignal): Promise<void> {
  out.talk("[any key] back to the table");
  return new Promise((resolve) => {
    const terminal = new LocalTerminal(context);
    const end = () => {
      terminal.leave();
      left.removeEventListener("abort", end);
      resolve();
    };
    terminal.onBytes(end, end);
    left.addEventListener("abort", end, { once: true });
    terminal.enter({});
  });
}
