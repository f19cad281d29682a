import { apc } from "./serial-pdu-menus.ts";
import { apcNew, apcPlus, baytechNc, baytechRpc18, baytechRpc28 } from "./serial-pdu-older.ts";
import { baytech, cyclades, rps, sentry, wti } from "./serial-pdu-prompts.ts";
import type { SerialPduFamily } from "./serial-pdu-session.ts";

/** By the name of their profile, and behind a blank the model where there are several. */
export const SERIAL_PDU_FAMILIES = {
  "baytech-rpc3": baytech,
  "apc-masterswitch": apc,
  "wti-nps": wti,
  "wti-rps": rps,
  "cyclades-pm": cyclades,
  "servertech-sentry": sentry,
  "baytech-rpc3 nc": baytechNc,
  "baytech-rpc3 rpc18": baytechRpc18,
  "baytech-rpc3 rpc28": baytechRpc28,
  "apc-masterswitch plus": apcPlus,
  "apc-masterswitch new": apcNew,
} as const satisfies Readonly<Record<string, SerialPduFamily>>;
