/*
 * The end of a call, with proof: a line that stays open costs money, and is a console left open.
 *
 *   DTR low ► carrier falls, or the modem says so          (V.250 6.2.9: &D2)
 *   else: silence, +++, silence, OK ► ATH ► OK, carrier falls
 *
 * The pluses reach the far end; nothing else does while the modem is in its data state.
 */
import type { Millis } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";
import { messageOf } from "../../lib/errors.ts";
import type { ModemLine } from "./modem-line.ts";

/** How long DTR stays low at least: modems look at it every 0.01 to 2.5 s (S25). */
const DTR_LOW: Millis = 600;
const FALLS_WITHIN: Millis = seconds(4);
const SAYS_WITHIN: Millis = seconds(2);
const ANSWER_WITHIN: Millis = seconds(5);

/** Whether it was seen that the line is free, and how. */
export interface HangUp {
  readonly proven: boolean;
  readonly how: string;
}

/** What is known of the call. */
interface EndOfCall {
  /** Silence around "+++". */
  readonly guard: Millis;
  /** DCD has shown to follow calls. */
  readonly trustsCarrier: boolean;
  /** Somebody reads the far end's bytes until the end. */
  readonly hasReader: boolean;
}

/** Hangs up. Never throws: what stands in the way is in `how`. */
export async function hangUpModem(
  modem: ModemLine,
  { guard, trustsCarrier, hasReader }: EndOfCall,
): Promise<HangUp> {
  try {
    modem.listen(hasReader);
    const byDtr = await dropDtr(modem, trustsCarrier);
    if (byDtr !== undefined) return { proven: true, how: byDtr };
    return await escapeAndHangUp(modem, guard, trustsCarrier);
  } catch (thrown) {
    return { proven: false, how: messageOf(thrown) };
  }
}

/** How the end of the call showed; undefined where it did not, or the medium has no DTR. */
async function dropDtr(modem: ModemLine, trustsCarrier: boolean): Promise<string | undefined> {
  const { setLines } = modem.link;
  if (setLines === undefined) return undefined;
  await setLines({ dtr: false });
  const low = modem.clock.sleep(DTR_LOW);
  try {
    if (trustsCarrier)
      return (await modem.untilCarrier(false, FALLS_WITHIN))
        ? "DTR low, and the carrier fell"
        : undefined;
    const { result, text } = await modem.answer(SAYS_WITHIN);
    return result === "no-carrier" || result === "ok"
      ? `DTR low, and the modem said ${text}`
      : undefined;
  } finally {
    await low;
    await setLines({ dtr: true });
  }
}

async function escapeAndHangUp(
  modem: ModemLine,
  guard: Millis,
  trustsCarrier: boolean,
): Promise<HangUp> {
  await modem.clock.sleep(guard);
  await modem.write("+++");
  await modem.clock.sleep(guard);
  const escaped = await modem.answer(SAYS_WITHIN);
  // It was in its command state all the time: the pluses stand in its buffer.
  if (escaped.result === undefined) await modem.write("\r");
  const { result, text } = await modem.ask("ATH", ANSWER_WITHIN);
  const said = text === "" ? "nothing" : text;
  if (trustsCarrier)
    return (await modem.untilCarrier(false, FALLS_WITHIN))
      ? { proven: true, how: "+++ and ATH, and the carrier fell" }
      : { proven: false, how: `the carrier stands after DTR low, +++ and ATH (${said})` };
  return result === "ok" || result === "no-carrier"
    ? { proven: true, how: `+++ and ATH, and the modem said ${said}` }
    : { proven: false, how: `the modem said ${said} to +++ and ATH` };
}
