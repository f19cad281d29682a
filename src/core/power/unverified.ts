import { OobError } from "../../lib/errors.ts";
import type { OutletReading } from "../../sdk/power.ts";

/** What is known of a command that was not seen to do what it should. */
export interface Unseen {
  /** The outlet: "pdu-a/3". */
  readonly id: string;
  readonly want: "on" | "off";
  /** The last reading; undefined: it failed, and `why`. */
  readonly reading: OutletReading | undefined;
  readonly why: string | undefined;
  /** How long it was waited for, in words. */
  readonly waited: string;
  /** What came instead of a yes. */
  readonly lost: OobError | undefined;
}

/** The error of an outlet that was told, and does not read so. */
export function unverified({ id, want, reading, why, waited, lost }: Unseen): OobError {
  if (reading === undefined || reading.state === "unknown")
    return new OobError(
      "POWER_UNKNOWN",
      `Cannot tell whether ${id} is ${want}: ${why ?? reading?.note ?? "no state"}`,
      { hint: "It may or may not have switched; read it again before doing anything" },
    );
  if (reading.state === want && reading.pending)
    return new OobError(
      "POWER_UNKNOWN",
      `Cannot tell whether ${id} stays ${want}: the device says "pending"`,
    );
  if (reading.state === want)
    return new OobError(
      "POWER_UNVERIFIED",
      `Cannot believe that ${id} is ${want}: it still draws ${drawn(reading)}`,
      { hint: "The relay may be welded, or another outlet is metered" },
    );
  const took = lost
    ? `the device did not say that it took the command (${lost.message})`
    : "the device took the command";
  return new OobError(
    "POWER_UNVERIFIED",
    `Cannot switch ${id} ${want}: ${took} and still reads ${reading.state} after ${waited}`,
    {
      hint: "Is the outlet locked, its relay stuck, or did another one move in its place? See oob pdu outlets",
      ...(lost && { cause: lost }),
    },
  );
}

const drawn = ({ watts, amps }: OutletReading): string =>
  [
    ...(watts === undefined ? [] : [`${watts} W`]),
    ...(amps === undefined ? [] : [`${amps} A`]),
  ].join(", ");
