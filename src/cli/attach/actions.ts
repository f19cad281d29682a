import type { ChosenAction } from "../../codec/escape-keys.ts";
import type { EscapeKey } from "../../codec/escape-profile.ts";
import type { PowerVerb } from "../../core/site/site.ts";
import { latin1 } from "../../lib/bytes.ts";
import type { Millis } from "../../lib/clock.ts";
import { OobError } from "../../lib/errors.ts";
import { nameHint } from "../../lib/nearest.ts";
import { namesOf } from "../sessions.ts";
import { GRAVE_SYSRQ, isSysrqKey } from "../sysrq.ts";
import { timeOfDay } from "../times.ts";
import type { Desk } from "./desk.ts";
import { breakLines, helpLines, keysShown, OURS_WIDTH } from "./escape-help.ts";
import { whoLines } from "./header.ts";

/** Between the pieces of a break sequence: the pause of conserver's fourth. */
const SEQUENCE_PAUSE: Millis = 600;

/** What a key does. */
type Run = (desk: Desk, key: EscapeKey) => Promise<void>;

/** What the keys of the escape menu do. SysRq brings its own key. */
export const ACTIONS: Readonly<Record<ChosenAction, Run>> = {
  leave: async (desk) => desk.leave(),
  help: async (desk) => sayAll(desk, helpLines(desk.escape, desk.size.columns - OURS_WIDTH)),
  break: sendBreak,
  breakList: async (desk) => sayAll(desk, breakLines(desk.escape)),
  sequence: typeSequence,
  readOnly: setMode("read"),
  write: setMode("write"),
  join: setMode("join"),
  force: takeOver,
  who: async (desk) => sayAll(desk, whoLines(desk.seat)),
  message: sendMessage,
  repaint: (desk) => desk.attachment.repaint(),
  replay: (desk, { lines }) => desk.attachment.repaint(lines),
  note: writeNote,
  reopen: async (desk) => desk.attachment.reopen(),
  power,
  size: tellSize,
  absent: async (desk, { keys, says = "" }) =>
    desk.say(`${desk.escape.name} ${keysShown(keys)} of ${desk.escape.owner}: ${says}`),
};

function sayAll(desk: Desk, lines: readonly string[]): void {
  for (const line of lines) desk.say(line);
}

function setMode(mode: "read" | "write" | "join"): (desk: Desk) => Promise<void> {
  return (desk) => desk.attachment.setMode(mode, "");
}

async function sendBreak(desk: Desk): Promise<void> {
  if (!mayWrite(desk)) return;
  await desk.attachment.sendBreak();
  desk.say("BREAK sent");
}

/** A break sequence of conserver: text that some hosts take for BREAK. */
async function typeSequence(desk: Desk, { keys, pieces = [] }: EscapeKey): Promise<void> {
  if (!mayWrite(desk)) return;
  for (const [i, piece] of pieces.entries()) {
    if (i > 0) await desk.pause(SEQUENCE_PAUSE);
    await desk.type(latin1(piece));
  }
  desk.say(`break sequence ${keys} sent`);
}

async function sendMessage(desk: Desk): Promise<void> {
  const text = (await desk.ask("message to the others here: "))?.trim();
  if (text === undefined || text === "") {
    desk.say("no message sent");
    return;
  }
  const told = await desk.attachment.message(text);
  desk.say(told.length === 0 ? "nobody else is here" : `told ${namesOf(told)}`);
}

/** BREAK and a key, as the Linux kernel takes it within five seconds. */
export async function sendSysRq(desk: Desk, code: number): Promise<void> {
  if (!mayWrite(desk)) return;
  const key = String.fromCharCode(code);
  if (!isSysrqKey(key)) {
    desk.say("SysRq called off: that is no key of it");
    return;
  }
  const grave = GRAVE_SYSRQ[key];
  if (grave !== undefined) {
    const sure = await desk.ask(`SysRq ${key} ${grave}. Type y: `, { single: true });
    if (sure !== "y") {
      desk.say("SysRq called off");
      return;
    }
  }
  await desk.attachment.sendBreak();
  await desk.type(latin1(key));
  desk.say(`BREAK and "${key}" sent`);
}

async function takeOver(desk: Desk): Promise<void> {
  if (desk.seat.mine === "write") {
    desk.say("you are writing already");
    return;
  }
  const from = desk.seat.writer === undefined ? "" : ` from ${desk.seat.writer.who}`;
  const reason = await desk.ask(`take the seat${from}; reason: `);
  if (reason === undefined || reason === "") desk.say("nothing taken: a reason is needed");
  else await desk.attachment.setMode("force", reason);
}

async function writeNote(desk: Desk): Promise<void> {
  const text = await desk.ask("note: ");
  if (text === undefined || text.trim() === "") {
    desk.say("no note written");
    return;
  }
  await desk.attachment.note(text.trim());
  desk.say("note written");
}

async function tellSize(desk: Desk): Promise<void> {
  const { columns, rows } = desk.size;
  if (!mayWrite(desk)) return;
  await desk.type(latin1(`stty rows ${rows} cols ${columns}\r`));
}

const POWER_VERBS: readonly PowerVerb[] = ["on", "off", "cycle", "reset", "soft", "nmi"];

async function power(desk: Desk): Promise<void> {
  const words = ["status", ...POWER_VERBS];
  const answer = (await desk.ask(`power of ${desk.host} (${words.join(" ")}): `))?.trim();
  if (answer === undefined || answer === "") {
    desk.say("nothing switched");
    return;
  }
  if (answer === "status") {
    await sayPower(desk);
    return;
  }
  const verb = POWER_VERBS.find((one) => one === answer);
  if (verb === undefined)
    throw new OobError("USAGE", `Cannot do "${answer}": there is no such verb`, {
      hint: nameHint(answer, words),
    });
  await switchPower(desk, verb);
}

async function sayPower(desk: Desk): Promise<void> {
  for (const reading of await desk.site.powerStatus([desk.host])) {
    const outlets = reading.outlets.map(({ id, state }) => `${id} ${state}`).join("  ");
    desk.say(`power ${reading.power}${outlets === "" ? "" : `: ${outlets}`}`);
  }
}

async function switchPower(desk: Desk, verb: PowerVerb): Promise<void> {
  const { host, site } = desk;
  const name = await desk.ask(`${verb} ${host}: type its name: `);
  if (name?.trim() !== host) {
    desk.say("nothing switched: that is not its name");
    return;
  }
  const reason = (await desk.ask("reason: ")) ?? "";
  const request = { verb, hosts: [host], dryRun: false, force: false, confirm: host, reason };
  let ended = false;
  for await (const { at, outlet, text, result, error } of site.power(request)) {
    const where = outlet === undefined || text.startsWith(outlet) ? "" : `${outlet} `;
    desk.say(`${timeOfDay(at)} ${where}${text}${result === undefined ? "" : `  ${result}`}`);
    if (error?.hint !== undefined) desk.say(error.hint);
    ended ||= result !== undefined;
  }
  if (!ended) desk.say(`outcome unknown; read it again before anything else`);
}

function mayWrite(desk: Desk): boolean {
  if (desk.seat.mine === "write") return true;
  desk.say(`you are reading: nothing sent`);
  return false;
}
