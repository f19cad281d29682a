import type { Clock } from "../../lib/clock.ts";
import { OobError } from "../../lib/errors.ts";
import type { Link } from "../../sdk/link.ts";
import type { OptionValues } from "../../sdk/options.ts";
import { openSerial } from "../../sdk/serial/serial-link.ts";

/** Opens a port by the options of the serial driver, with its lock, outside of any site. */
export function openPort(options: OptionValues, clock: Clock, signal: AbortSignal): Promise<Link> {
  return openSerial(
    { exclusive: true, ...options },
    {
      clock,
      signal,
      progress: () => {},
      reopening: false,
      secret: () => Promise.reject(new OobError("INTERNAL", "A serial port has no secrets")),
    },
  );
}
