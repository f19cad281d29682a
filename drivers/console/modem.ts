/*
 * A console at the far end of a telephone line, dialled through whatever reaches the modem.
 *
 *   redial policy ► modem made ready ► call on record ► ATDT… ► CONNECT ► carrier watched ► hang-up, with proof
 *
 * Nothing is written between the dial command and its result: a key would drop the call (V.250 5.6.1).
 */
import {
  type CallOrder,
  callNumber,
  defineConsole,
  durationOf,
  type Link,
  type Millis,
  ModemLine,
  ModemLink,
  minutes,
  numberOf,
  OobError,
  type OpenContext,
  type OptionFault,
  type OptionValues,
  printable,
  readyModem,
  refuseTooSoon,
  seconds,
  textOf,
} from "oob/sdk";

const DIAL_TIMEOUT = seconds(60);
const GUARD: Millis = 1200;
/** The modem gives up this long before we do. */
const S7_MARGIN = seconds(10);
const S7_LONGEST = seconds(255);
export default defineConsole({
  summary: "A console behind a telephone line: dials with a Hayes modem",
  sources: [
    "ITU-T V.250: 5.6.1 (a character aborts a call), 6.2.8, 6.2.9 (&C, &D), 6.3 (D, H, O, results)",
    "47 CFR 68.318(b): 2 successive attempts, 15 with busy detection, then an hour's pause",
    "tcpser 1.0rc12 and modem emulators: results, +++, DTR",
  ],
  address: "none",
  identity: ["number"],
  through: true,
  options: {
    number: {
      kind: "text",
      required: true,
      summary: "number to dial, with pauses (,) as the exchange needs",
    },
    init: {
      kind: "list",
      summary: 'set-up commands instead of the usual ones; "secret:NAME" in them is filled in',
    },
    dial: {
      kind: "text",
      default: "ATDT",
      summary: "dial command before the number; ATDP for pulses",
    },
    "dial-timeout": {
      kind: "duration",
      default: "60s",
      min: 5000,
      max: minutes(10),
      summary: "how long a call may take until CONNECT",
    },
    carrier: {
      kind: "choice",
      choices: ["auto", "dcd", "text"],
      default: "auto",
      summary: "what tells the end of a call: DCD, or the modem's words",
    },
    "escape-guard": {
      kind: "duration",
      default: "1200ms",
      min: 0,
      max: seconds(10),
      summary: "silence around +++",
    },
    break: {
      kind: "choice",
      choices: ["none", "pass"],
      default: "none",
      summary: "pass: a BREAK on the modem's line reaches the far end (\\K5)",
    },
    "redial-wait": {
      kind: "duration",
      default: "30s",
      min: 5000,
      summary: "wait after a call that failed; doubles each time",
    },
    "redial-longest": {
      kind: "duration",
      default: "15m",
      min: 5000,
      summary: "longest of these waits",
    },
    "redial-per-hour": {
      kind: "integer",
      default: 10,
      min: 1,
      max: 60,
      summary: "calls to this number within an hour, at most",
    },
    "cost-per-minute": { kind: "text", summary: 'shown with the calls: "0.12 EUR"' },
  },
  check: faultsOf,
  open: dial,
  async ask(options, context) {
    const modem = await made(options, context);
    const { info } = await modem.ask("ATI", seconds(5), context.signal);
    const said = info.map((line) => printable(line, 200));
    return said.length > 0 ? said : ["the modem answers, and says nothing of itself"];
  },
});

/** V.250 6.3.1: digits, A to D, * # +, and modifiers. Not ";", which stays in the command state. */
const NUMBER = /^[0-9A-Da-d*#+,!@WwTtPp().\- ]{1,80}$/;

function faultsOf(options: OptionValues): readonly OptionFault[] {
  const faults: OptionFault[] = [];
  const number = textOf(options, "number");
  if (!NUMBER.test(number) || !/\d/.test(number))
    faults.push({
      option: "number",
      message: `"${printable(number, 80)}" cannot be dialled`,
      hint: "Digits, * # + A to D, and , ! @ W T P",
    });
  const prefix = textOf(options, "dial") || "ATDT";
  if (!/^AT[ -:<-~]{0,40}D[TP]?[0-9,W]{0,10}$/i.test(prefix))
    faults.push({
      option: "dial",
      message: `"${printable(prefix, 40)}" is no dial command`,
      hint: "ATDT for tones, ATDP for pulses; ATX3DT9,W for an exchange",
    });
  for (const command of initOf(options) ?? [])
    if (!/^AT[ -~]{0,200}$/i.test(command))
      faults.push({
        option: "init",
        message: `"${printable(command, 80)}" is no command for a modem`,
        hint: "Each begins with AT and is a line of its own",
      });
  const s7 = /S7 ?= ?(\d{1,3})/i.exec((initOf(options) ?? []).join(" "))?.[1];
  const timeout = durationOf(options, "dial-timeout", DIAL_TIMEOUT);
  if (s7 !== undefined && seconds(Number(s7)) >= timeout)
    faults.push({
      option: "dial-timeout",
      message: `it is not longer than S7=${s7} of init`,
      hint: "The modem has to give up first",
    });
  const cost = textOf(options, "cost-per-minute");
  if (cost !== "" && !/^\d{1,6}(?:\.\d{1,4})? ?[A-Za-z$€£]{1,5}$/.test(cost))
    faults.push({
      option: "cost-per-minute",
      message: `"${printable(cost, 40)}" is no amount`,
      hint: "0.12 EUR",
    });
  return faults;
}

function initOf(options: OptionValues): readonly string[] | undefined {
  const { init } = options;
  return Array.isArray(init) && init.length > 0 ? init.map(String) : undefined;
}

/** A modem that is ready for a command. */
async function made(options: OptionValues, context: OpenContext): Promise<ModemLine> {
  if (context.through === undefined)
    throw new OobError(
      "USAGE",
      `Cannot call "${textOf(options, "number")}": the entry does not say where the modem is`,
      {
        hint: "Add via: { driver: serial, path: /dev/ttyS0, baud: 115200 }",
      },
    );
  const modem = new ModemLine(context.through, context.clock);
  await readyModem(modem, { ...context, ...orderOf(options), init: initOf(options) });
  return modem;
}

async function dial(options: OptionValues, context: OpenContext): Promise<Link> {
  const order = orderOf(options);
  const { number, guard } = order;
  await refuseTooSoon(order, context);
  const modem = await made(options, context);
  const gaveUp = Math.min(order.within - S7_MARGIN, S7_LONGEST);
  if (gaveUp > 0 && !/S7/i.test((initOf(options) ?? []).join(" ")))
    await modem.ask(`ATS7=${Math.floor(gaveUp / 1000)}`, seconds(5), context.signal);
  // High without a call: it is tied up (&C0, or the cable), and proves nothing.
  const wasUp = (await modem.carrier()) === true;
  const { answer, call } = await callNumber(modem, order, context);
  const speed = answer.speed === undefined ? "" : ` ${answer.speed}`;
  const link = new ModemLink({
    modem,
    name: number,
    label: `${number} modem${speed}`,
    guard,
    call,
  });
  try {
    const passesBreak = textOf(options, "break") === "pass";
    await link.begin({ carrier: carrierOf(options), passesBreak, wasUp });
    context.signal.throwIfAborted();
    return link;
  } catch (thrown) {
    await link.close();
    throw thrown;
  }
}

function orderOf(options: OptionValues): CallOrder {
  const costPerMinute = textOf(options, "cost-per-minute");
  return {
    number: textOf(options, "number"),
    dial: textOf(options, "dial") || "ATDT",
    within: durationOf(options, "dial-timeout", DIAL_TIMEOUT),
    guard: durationOf(options, "escape-guard", GUARD),
    policy: {
      wait: durationOf(options, "redial-wait", seconds(30)),
      longest: durationOf(options, "redial-longest", minutes(15)),
      perHour: numberOf(options, "redial-per-hour", 10),
    },
    ...(costPerMinute === "" ? {} : { costPerMinute }),
  };
}

const carrierOf = (options: OptionValues): "auto" | "dcd" | "text" => {
  const given = textOf(options, "carrier");
  return given === "dcd" || given === "text" ? given : "auto";
};
