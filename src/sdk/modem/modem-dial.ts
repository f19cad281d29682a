/*
 * A call, from the question whether it may be made to CONNECT. Each outcome has its own words, and its line in the book.
 *
 * Nothing is written between the dial command and its result: a character would end the call (V.250 5.6.1).
 */
import type { Clock, Millis } from "../../lib/clock.ts";
import { formatDuration, seconds } from "../../lib/durations.ts";
import { type ErrorCode, messageOf, OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import {
  type CallBook,
  type CallOutcome,
  type OpenCall,
  type RedialPolicy,
  redialWait,
} from "./calls.ts";
import { hangUpModem } from "./modem-hang-up.ts";
import type { ModemAnswer, ModemLine } from "./modem-line.ts";

/** What an aborted call needs to say so. */
const ABORT_WITHIN: Millis = seconds(5);

interface Failure {
  readonly code?: ErrorCode;
  readonly why: string;
  readonly hint: string;
}

/** Why a call came to nothing, by how it went. */
const FAILURES: Readonly<Partial<Record<CallOutcome, Failure>>> = {
  busy: {
    code: "LINE_BUSY",
    why: "the line is busy",
    hint: "Somebody else is connected there, or the line is faulty",
  },
  "no-answer": {
    why: "nobody answers",
    hint: "Check the modem at the far end: its power, its line, S0=1",
  },
  "no-carrier": {
    why: "there was no carrier",
    hint: "No modem answered, or the two found no common speed",
  },
  "no-dialtone": {
    why: "there is no dial tone",
    hint: "Check the telephone line; behind an exchange with another tone: init ATX3",
  },
  error: { why: "the modem does not take the dial command", hint: "Check number and dial" },
  delayed: {
    why: "the modem itself waits before it calls this number again",
    hint: "Its approval limits redials: wait",
  },
  blacklisted: {
    why: "the modem itself calls this number no more",
    hint: "Its approval limits redials: switching the modem off and on clears its list",
  },
  voice: { why: "a person or a fax answered", hint: "Check the number" },
  "timed-out": {
    code: "TIMED_OUT",
    why: "the modem gave no result",
    hint: "Raise dial-timeout, or lower S7 in init",
  },
};
const UNKNOWN: Failure = { why: "it came to nothing", hint: "Ask the modem: oob modem test HOST" };

/** A call to be made. */
export interface CallOrder {
  readonly number: string;
  /** "ATDT" */
  readonly dial: string;
  /** Longest time until a result. */
  readonly within: Millis;
  readonly guard: Millis;
  readonly policy: RedialPolicy;
  readonly costPerMinute?: string;
}

interface Around {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly calls?: CallBook;
  readonly progress: (text: string) => void;
}

/** Throws LINK_REFUSED where the number has been called too often, or a moment ago. */
export async function refuseTooSoon(order: CallOrder, { calls, clock }: Around): Promise<void> {
  const rest = await restOf(order, calls, clock);
  if (rest === undefined) return;
  const wait = formatDuration(rest.wait);
  throw new OobError(
    "LINK_REFUSED",
    `Cannot call "${order.number}" for another ${wait}: ${rest.why}`,
    {
      hint: "Set redial-wait and redial-per-hour as far as the rules of the country allow",
      retryAfter: rest.wait,
    },
  );
}

async function restOf(order: CallOrder, calls: CallBook | undefined, clock: Clock) {
  const recent = (await calls?.recent(order.number)) ?? [];
  return redialWait(recent, order.policy, clock.now());
}

/** Calls. Gives what the modem said with CONNECT, or throws what became of the call. */
export async function callNumber(
  modem: ModemLine,
  order: CallOrder,
  around: Around,
): Promise<{ readonly answer: ModemAnswer; readonly call: OpenCall | undefined }> {
  const { number, costPerMinute } = order;
  const { calls, signal, progress } = around;
  signal.throwIfAborted();
  const call = await calls?.begin({ number, ...(costPerMinute && { costPerMinute }) });
  progress(`dialling ${number}`);
  const answer = await askToDial(modem, order, signal, call);
  const said = printable(answer.text, 100);
  if (answer.result === "connect") {
    await call?.connected(said);
    return { answer, call };
  }
  const outcome = outcomeOf(answer.result);
  await call?.ended(outcome, said);
  const { code = "LINK_REFUSED", why, hint } = FAILURES[outcome] ?? UNKNOWN;
  const retryAfter = (await restOf(order, calls, around.clock))?.wait;
  throw new OobError(code, `Cannot call "${number}": ${why}${said === "" ? "" : ` (${said})`}`, {
    hint,
    ...(retryAfter !== undefined && { retryAfter }),
  });
}

/** Whatever ends it before a result, the modem is left in its command state. */
async function askToDial(
  modem: ModemLine,
  { dial, number, within, guard }: CallOrder,
  signal: AbortSignal,
  call: OpenCall | undefined,
): Promise<ModemAnswer> {
  try {
    let answer = await modem.ask(`${dial}${number}`, within, signal);
    // Late, and to something before: a dial command is never answered so.
    if (answer.result === "ok") answer = await modem.answer(within, signal);
    if (answer.result === undefined) await abortCall(modem, guard);
    return answer;
  } catch (thrown) {
    if (signal.aborted) await abortCall(modem, guard);
    await call?.ended(signal.aborted ? "given-up" : "modem-lost", messageOf(thrown));
    throw thrown;
  }
}

/** Any character ends a call that is being made; one that was made in that moment is hung up. */
async function abortCall(modem: ModemLine, guard: Millis): Promise<void> {
  try {
    await modem.write("\r");
    const { result } = await modem.answer(ABORT_WITHIN);
    if (result !== "connect" && result !== undefined) return;
  } catch {
    // The way to the modem is gone, and with it what could be done.
  }
  await hangUpModem(modem, { guard, trustsCarrier: false, hasReader: false });
}

/** What a result other than CONNECT makes of the call. */
function outcomeOf(result: ModemAnswer["result"]): CallOutcome {
  switch (result) {
    case undefined:
      return "timed-out";
    case "ok":
    case "connect":
    case "ring":
    case "ringing":
      return "error";
    case "no-carrier":
    case "error":
    case "no-dialtone":
    case "busy":
    case "no-answer":
    case "delayed":
    case "blacklisted":
    case "voice":
      return result;
  }
}
