/**
 * What else tells of a host whose console does not answer: what its outlets say and draw, whether it answers ping where
 * that is configured, and whether its modem lines dropped. None of it proves a host dead; each can raise a doubt.
 */
import { execFile } from "node:child_process";
import type { Clock, Millis } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";
import { messageOf } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import type { ModemLines } from "../../sdk/link.ts";
import type { OutletStatus } from "../site/site.ts";
import type { ProbeStep } from "./probe.ts";
import type { HostParts, Ping, WatchedHost } from "./watchdog-parts.ts";

/** A PDU that is slower is read by the interlocks before an act anyway. */
const READ_WITHIN: Millis = seconds(5);
const PING_WITHIN: Millis = seconds(3);
/** Meters show some tenths of a watt where nothing hangs on them. */
const NOTHING_WATTS = 1;
const NOTHING_AMPS = 0.02;

/** One echo request by the system's own ping, without a shell. What prevents it is no answer, and is told. */
export const pingOnce: Ping = (address) =>
  new Promise((resolve) => {
    const options = { timeout: PING_WITHIN, killSignal: "SIGKILL" } as const;
    execFile("ping", ["-n", "-q", "-c1", "-W2", "--", address], options, (error) => {
      if (!error) resolve({ answers: true, text: "answered" });
      else if (error.code === 1 || error.killed) resolve({ answers: false, text: "no answer" });
      else resolve({ answers: false, text: `not asked: ${printable(messageOf(error), 120)}` });
    });
  });

/** What was looked at, and the doubt that it raises. */
export interface Beside {
  readonly steps: readonly ProbeStep[];
  readonly doubt?: string;
}

/** Looks at what stands beside the console. `silent`: nothing but silence speaks against the host. Never throws. */
export async function lookBeside(
  { entry }: WatchedHost,
  parts: Pick<HostParts, "power" | "clock" | "ping">,
  silent: boolean,
): Promise<Beside> {
  const { clock } = parts;
  const steps: ProbeStep[] = [];
  const note = (tried: string, answer: string) => steps.push({ at: clock.now(), tried, answer });
  const doubts: string[] = [];
  if (entry.outlets.length > 0) {
    const outlets = await readOutlets(parts, entry, clock);
    if (typeof outlets === "string") note("outlets", outlets);
    else {
      note("outlets", outlets.map(inWords).join("; "));
      if (silent && drawNothing(outlets))
        doubts.push(
          "its outlets are on and draw nothing: it is off, or without its power supplies",
        );
    }
  }
  const { ping: address } = entry.watch;
  if (address !== undefined) {
    const { answers, text } = await (parts.ping ?? pingOnce)(address);
    note(`ping ${address}`, text);
    if (answers) doubts.push(`it answers ping at ${address}`);
  }
  return { steps, ...(doubts.length > 0 && { doubt: doubts.join(", and ") }) };
}

async function readOutlets(
  { power }: Pick<HostParts, "power">,
  entry: WatchedHost["entry"],
  clock: Clock,
): Promise<readonly OutletStatus[] | string> {
  const late = clock.sleep(READ_WITHIN).then(() => "not read in time");
  const reading = power.readHost(entry).then(
    ({ outlets }) => outlets,
    (thrown: unknown) => `cannot be read: ${printable(messageOf(thrown), 200)}`,
  );
  return Promise.race([reading, late]);
}

function inWords({ id, state, watts, amps, error }: OutletStatus): string {
  const draws = [
    ...(watts === undefined ? [] : [`${watts} W`]),
    ...(amps === undefined ? [] : [`${amps} A`]),
  ];
  const why = state === "unknown" && error !== undefined ? ` (${printable(error, 120)})` : "";
  return [`${id} ${state}${why}`, ...draws].join(", ");
}

/** All are on, all are metered, and nothing flows. */
const drawNothing = (outlets: readonly OutletStatus[]): boolean =>
  outlets.length > 0 &&
  outlets.every(
    ({ state, watts, amps }) =>
      state === "on" &&
      (watts !== undefined ? watts < NOTHING_WATTS : amps !== undefined && amps < NOTHING_AMPS),
  );

const NAMES = { dsr: "DSR", dcd: "DCD", cts: "CTS" } as const;

/** Lines that were on when the host answered last, and are off: a cable that was pulled, or a host without power. */
export function droppedLines(
  alive: ModemLines | undefined,
  now: ModemLines | undefined,
): string | undefined {
  if (!alive || !now) return undefined;
  const dropped = (["dsr", "dcd", "cts"] as const).filter((name) => alive[name] && !now[name]);
  if (dropped.length === 0) return undefined;
  const names = dropped.map((name) => NAMES[name]).join(" and ");
  return `${names} went off since it answered last: its cable, or its power`;
}
