import type { Millis } from "../../lib/clock.ts";
import { formatDuration } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import type { WatchedConsole } from "../session/watched-console.ts";

/** What a wait that ended by its limit says: where, for what, and what the console said last. */
export async function timedOut(
  console: Pick<WatchedConsole, "host" | "portState" | "lastLines">,
  where: string,
  what: string,
  within: Millis,
): Promise<OobError> {
  const { host, portState } = console;
  const lines = (await console.lastLines(5)).filter((line) => line.trim() !== "").slice(-3);
  const last = lines.map((line) => printable(line, 120)).join(" | ");
  const said = last === "" ? "the console said nothing" : `the console last said "${last}"`;
  const down = portState.is === "down" ? `; the console is down: ${portState.why}` : "";
  return new OobError(
    "EXPECT_TIMEOUT",
    `Cannot go on at ${host}${where}: waited ${formatDuration(within)} for ${printable(what, 200)}, ${said}${down}`,
    { hint: `Look at it with: oob screen ${host}` },
  );
}
