import { COMMANDS, GROUPS } from "./commands.ts";
import type { Context } from "./context.ts";

// This file is all that `oob version` and `oob help` load: no parser, no device code. Start-up time counts.

const WIDEST_NAME = Math.max(...COMMANDS.map((command) => command.name.length));

function overview(): string {
  const lines = ["Usage: oob COMMAND [ARGUMENTS] [OPTIONS]", ""];
  for (const group of GROUPS) {
    lines.push(`${group}:`);
    for (const { name, summary } of COMMANDS.filter((command) => command.group === group))
      lines.push(`  ${name.padEnd(WIDEST_NAME)}  ${summary}`);
    lines.push("");
  }
  lines.push(
    "Hosts: web1, web[1-3,5], 'web*', '*', '*,!web7', or a URL: serial:/dev/ttyUSB0?baud=115200",
    "",
    "Examples:",
    "  oob attach web1",
    "  oob status",
    "",
    "Exit codes: 0 done, 1 failed, 2 command line or configuration, 3 daemon not reached,",
    "4 not granted, 5 refused, 6 not known, 7 timed out, 130 interrupted",
    "",
    "oob COMMAND --help says more.",
  );
  return `${lines.join("\n")}\n`;
}

/** Runs one command line and gives the exit code. */
export async function main(argv: readonly string[], given?: Context): Promise<number> {
  const [name, ...rest] = argv;
  const { stdout, stderr } = given ?? process;
  if (name === undefined) {
    stderr.write(overview());
    return 2;
  }
  if (isHelp(name)) {
    if (rest.length > 0) return main([...rest, "--help"], given);
    stdout.write(overview());
    return 0;
  }
  const wanted = name === "--version" || name === "-V" ? "version" : name;
  if (wanted === "version" && rest.length === 0) {
    stdout.write(`oob ${(await import("./version.ts")).version()}\n`);
    return 0;
  }
  return dispatch(wanted, rest, given);
}

/** Groups whose commands ask a daemon, most of the time. */
const ASKS: ReadonlySet<string> = new Set(["Consoles", "Power", "Watching over"]);

async function dispatch(name: string, rest: string[], given?: Context): Promise<number> {
  const entry = COMMANDS.find((command) => command.name === name);
  // Side by side: most of the time until the first byte goes by in waiting for one small file after the other.
  const [{ processContext }, { runCommand, unknownCommand }] = await Promise.all([
    import("./context.ts"),
    import("./run-command.ts"),
    entry?.load(),
    !given && entry && ASKS.has(entry.group) ? import("../daemon/client.ts") : undefined,
  ]);
  const context = { ...(given ?? processContext()), again: main };
  return entry ? runCommand(entry, rest, context) : unknownCommand(name, context);
}

function isHelp(word: string): boolean {
  return word === "help" || word === "--help" || word === "-h";
}
