import { apc } from "./serial-pdu-menus.ts";
import { baytech, cyclades, rps, sentry, wti } from "./serial-pdu-prompts.ts";
import type { SerialPduFamily } from "./serial-pdu-session.ts";

/** By the name of their profile. */
export const SERIAL_PDU_FAMILIES = {
  "baytech-rpc3": baytech,
  "apc-masterswitch": apc,
  "wti-nps": wti,
  "wti-rps": rps,
  "cyclades-pm": cyclades,
  "servertech-sentry": sentry,
} as const satisfies Readonly<Record<string, SerialPduFamily>>;
