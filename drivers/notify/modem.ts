import {
  defineNotify,
  durationOf,
  ModemLine,
  type NotifyContext,
  OobError,
  type OptionFault,
  type OptionValues,
  printable,
  readyModem,
  seconds,
  textOf,
} from "oob/sdk";

const RING = seconds(25);
const DIAL_WITHIN = seconds(40);
const HANG_UP_WITHIN = seconds(5);
const GUARD = 1200;

/** V.250 6.3.1: digits, A to D, * # +, and modifiers. No ";", which is ours. */
const NUMBER = /^(?=.*\d)[0-9A-Da-d*#+,!@WwTtPp().\- ]{3,80}$/;

export default defineNotify({
  summary: "Rings a telephone by a modem and hangs up: for when every network is down",
  sources: [
    "ITU-T V.250: 6.3.1 and 6.3.1.9 (D with ';': back to commands when the number is dialled), 6.3.6 (H)",
  ],
  through: true,
  options: {
    number: {
      kind: "text",
      required: true,
      summary: "number to ring, with pauses (,) as the exchange needs",
    },
    init: {
      kind: "list",
      summary: 'set-up commands instead of the usual ones; "secret:NAME" in them is filled in',
    },
    dial: { kind: "text", default: "ATDT", summary: "dial command before the number" },
    ring: {
      ...{ kind: "duration", default: "25s", min: 1000, max: seconds(60) },
      summary: "how long it stays on the line after dialling",
    },
    "escape-guard": {
      ...{ kind: "duration", default: "1200ms", min: 0, max: seconds(10) },
      summary: "silence around +++, where the modem was left in a call",
    },
  },
  check: faultsOf,
  /** A telephone says only that something happened: it does not ring for what is over, or in somebody's hands. */
  send: ({ phase }, options, context) =>
    phase === "open"
      ? ring(options, context)
      : Promise.resolve(`nobody is rung for what is ${phase}`),
});

function faultsOf(options: OptionValues): readonly OptionFault[] {
  const number = textOf(options, "number");
  const dial = textOf(options, "dial") || "ATDT";
  const faults: OptionFault[] = [];
  if (!NUMBER.test(number))
    faults.push({ option: "number", message: `"${printable(number, 80)}" cannot be dialled` });
  if (!/^AT[ -:<-~]{0,40}D[TP]?[0-9,W]{0,10}$/i.test(dial))
    faults.push({ option: "dial", message: `"${printable(dial, 40)}" is no dial command` });
  return faults;
}

async function ring(options: OptionValues, context: NotifyContext): Promise<string> {
  const { through, clock, signal, secret } = context;
  if (!through)
    throw new OobError("CONFIG_INVALID", "Cannot ring: no via: says where the modem is");
  const modem = new ModemLine(through, clock);
  const init = Array.isArray(options.init) ? options.init.map(String) : undefined;
  const guard = durationOf(options, "escape-guard", GUARD);
  await readyModem(modem, { init, guard, secret, signal, progress: () => {} });
  const number = textOf(options, "number");
  // With ";" the modem is at its commands again as soon as it has dialled: no data state, no carrier to wait for.
  const { result, text } = await modem.ask(
    `${textOf(options, "dial") || "ATDT"}${number};`,
    DIAL_WITHIN,
    signal,
  );
  try {
    if (result !== "ok") throw refused(number, text);
    await clock.sleep(durationOf(options, "ring", RING), signal);
  } finally {
    await hangUp(modem);
  }
  return `rang "${printable(number, 80)}"`;
}

/** At its commands ATH is all it takes; what DTR does to it comes with the closing of its line. */
async function hangUp(modem: ModemLine): Promise<void> {
  const { result } = await modem.ask("ATH", HANG_UP_WITHIN);
  if (result === "ok" || result === "no-carrier") return;
  throw new OobError("NOTIFY_FAILED", `Cannot hang up ${modem.link.label}: it does not say OK`, {
    hint: "Look at the modem: the line may still be open",
  });
}

const refused = (number: string, text: string): OobError => {
  const said = text === "" ? "the modem gave no result" : `the modem says "${printable(text, 60)}"`;
  return new OobError("NOTIFY_FAILED", `Cannot ring "${printable(number, 80)}": ${said}`, {
    hint: "Does it dial from a terminal, with the same command and a ; behind the number?",
  });
};
