/*
 * A modem made ready to dial or to answer: brought back to its commands, made to speak in words, set up.
 *
 * What is sent first is "ATE0Q0V1", not "AT": it is answered also by a modem that its last user made quiet (Q1).
 */
import type { Millis } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import type { SecretRef } from "../options.ts";
import { hangUpModem } from "./modem-hang-up.ts";
import type { ModemLine } from "./modem-line.ts";

/** Echo off, results on, in words. */
const SPEAK = "ATE0Q0V1";
const WAKE_WITHIN: Millis = seconds(1.5);
const WAKE_TRIES = 3;
/** A pause that ends what a modem says; longer where it has shown to be late. */
const PAUSE: Millis = 100;
const LONG_PAUSE: Millis = seconds(2);
/** A reset (ATZ) takes a second on old modems. */
const ANSWER_WITHIN: Millis = seconds(5);
/** Tried where the modem does not answer at the speed of the line, and the line can be set. */
const SPEEDS = [115_200, 57_600, 38_400, 19_200, 9600, 2400, 1200, 300] as const;
// All results (X4), DCD is the carrier (&C1), DTR low hangs up (&D2), no answering of calls.
const USUAL = ["ATX4", "AT&C1&D2", "ATS0=0"] as const;

/** How a modem is to be set up. */
export interface ModemSetup {
  /** Commands as configured, "secret:NAME" in them; undefined: what modems usually need. */
  readonly init: readonly string[] | undefined;
  /** Silence around "+++". */
  readonly guard: Millis;
  readonly secret: (ref: SecretRef) => Promise<string>;
  readonly progress: (text: string) => void;
  readonly signal: AbortSignal;
}

/** Makes a modem ready, or throws LINK_REFUSED with what it did instead. */
export async function readyModem(modem: ModemLine, setup: ModemSetup): Promise<void> {
  const { init, progress, signal } = setup;
  const { label } = modem.link;
  progress("asking the modem");
  modem.forget();
  if ((await modem.carrier()) === true) {
    progress("the modem has a carrier: hanging up first");
    await hangUpModem(modem, { guard: setup.guard, trustsCarrier: true, hasReader: false });
  }
  await modem.settle(PAUSE, signal);
  if (!(await answers(modem, setup)))
    throw new OobError("LINK_REFUSED", `Cannot reach the modem on ${label}: it does not answer`, {
      hint: "Check its power, its cable and the speed of the line",
    });
  for (const command of init ?? []) {
    const text = await withSecrets(command, setup.secret);
    const result = await tell(modem, text, ANSWER_WITHIN, signal);
    // Quiet after ATZ, because its stored settings say so: SPEAK tells below whether it is there.
    if (result !== "error") continue;
    const message = `Cannot set the modem on ${label} up: it refuses "${printable(command, 100)}"`;
    throw new OobError("LINK_REFUSED", message, { hint: "Set init to what its manual gives" });
  }
  for (const command of init === undefined ? USUAL : []) {
    const result = await tell(modem, command, ANSWER_WITHIN, signal);
    if (result !== "ok") progress(`the modem does not take ${command}`);
  }
  if ((await tell(modem, SPEAK, ANSWER_WITHIN, signal)) !== undefined) return;
  throw new OobError("LINK_REFUSED", `Cannot set the modem on ${label} up: it fell silent`, {
    hint: "Leave out what makes it so from init (a speed of its own, +IPR)",
  });
}

/** Whether it answers: as it is, out of a call that stands, at another speed. */
async function answers(modem: ModemLine, setup: ModemSetup): Promise<boolean> {
  const { progress, signal } = setup;
  for (let tries = 0; tries < WAKE_TRIES; tries++) {
    if (!(await wakes(modem, signal))) continue;
    if (tries > 0) await modem.settle(LONG_PAUSE, signal);
    return true;
  }
  progress("the modem does not answer: it may be in a call, hanging up");
  await hangUpModem(modem, { guard: setup.guard, trustsCarrier: false, hasReader: false });
  await modem.settle(PAUSE, signal);
  if (await wakes(modem, signal)) return true;
  const { setBaud } = modem.link;
  if (setBaud === undefined) return false;
  for (const baud of SPEEDS) {
    progress(`the modem does not answer: trying ${baud} baud`);
    await setBaud(baud).catch(() => progress(`the line cannot be set to ${baud} baud`));
    for (let tries = 0; tries < 2; tries++) {
      if (!(await wakes(modem, signal))) continue;
      progress(`the modem answers at ${baud} baud: set the line to that`);
      return true;
    }
  }
  return false;
}

async function wakes(modem: ModemLine, signal: AbortSignal): Promise<boolean> {
  return (await tell(modem, SPEAK, WAKE_WITHIN, signal)) !== undefined;
}

/** Gives a command that sets something. Whatever else is said meanwhile, NO CARRIER of an old call, is no answer to it. */
async function tell(
  modem: ModemLine,
  command: string,
  within: Millis,
  signal: AbortSignal,
): Promise<"ok" | "error" | undefined> {
  const until = modem.clock.monotonic() + within;
  let { result } = await modem.ask(command, within, signal);
  while (result !== undefined && result !== "ok" && result !== "error")
    ({ result } = await modem.answer(until - modem.clock.monotonic(), signal));
  // Many modems need a moment before they hear the next one.
  if (result !== undefined) await modem.settle(PAUSE, signal);
  return result;
}

const SECRET = /secret:([A-Za-z0-9][A-Za-z0-9._-]{0,127})/g;

/** A command with its secrets in place. It is shown nowhere. */
async function withSecrets(command: string, secret: ModemSetup["secret"]): Promise<string> {
  let text = command;
  for (const [whole, name = ""] of command.matchAll(SECRET)) {
    const value = await secret({ secret: name });
    if (/[^ -~]/.test(value))
      throw new OobError(
        "SECRET_EXPOSED",
        `Cannot give secret "${name}" to a modem: it holds more than printable ASCII`,
        {
          hint: "Check the file for a second line",
        },
      );
    text = text.replace(whole, () => value);
  }
  return text;
}
