import type { EscapeAction, EscapeKey, EscapeProfile } from "../../codec/escape-profile.ts";
import type { PowerVerb } from "../../core/site/site.ts";
import { latin1 } from "../../lib/bytes.ts";
import { OobError } from "../../lib/errors.ts";
import { nameHint } from "../../lib/nearest.ts";
import { displayWidth } from "../display-width.ts";
import { GRAVE_SYSRQ, isSysrqKey } from "../sysrq.ts";
import { timeOfDay } from "../times.ts";
import type { Desk } from "./desk.ts";
import { whoLines } from "./header.ts";

interface Action {
  readonly word: string;
  readonly summary: string;
  run(desk: Desk): Promise<void>;
}

/** What the keys of the escape menu do, in the order in which help shows them. SysRq brings its own key. */
export const ACTIONS: Readonly<Record<Exclude<EscapeAction, "sysrq">, Action>> = {
  leave: { word: "leave", summary: "leave", run: async (desk) => desk.leave() },
  help: { word: "help", summary: "this help", run: async (desk) => sayHelp(desk) },
  break: { word: "BREAK", summary: "send BREAK", run: sendBreak },
  readOnly: { word: "read", summary: "only read, let the seat go", run: setMode("read") },
  write: { word: "write", summary: "write, if the seat is free", run: setMode("write") },
  join: { word: "join", summary: "write beside the writer", run: setMode("join") },
  force: { word: "force", summary: "take the seat from its writer", run: takeOver },
  who: { word: "who", summary: "who is here", run: async (desk) => sayWho(desk) },
  repaint: {
    word: "repaint",
    summary: "repaint the screen",
    run: (desk) => desk.attachment.repaint(),
  },
  note: { word: "note", summary: "write a note into the log", run: writeNote },
  power: { word: "power", summary: "read or switch the outlets", run: power },
  size: { word: "size", summary: "type stty with this terminal's size", run: tellSize },
};

const SYSRQ = { word: "SysRq", summary: "BREAK and a key: h lists the keys" };

function describe(action: EscapeAction): { readonly word: string; readonly summary: string } {
  return action === "sysrq" ? SYSRQ : ACTIONS[action];
}

/** What may follow the escape key, in as many lines as it takes. Of several keys for one thing, the first. */
export function menuLines({ name, keys }: EscapeProfile, columns: number): string[] {
  const shown = keys.filter((one, i) => keys.findIndex(sameAction(one)) === i);
  const indent = " ".repeat(name.length + 3);
  const lines: string[] = [];
  for (const { keys: typed, action } of shown) {
    const word = `${typed} ${describe(action).word}`;
    const longer = `${lines.at(-1)}  ${word}`;
    if (lines.length > 0 && displayWidth(longer) <= columns) lines[lines.length - 1] = longer;
    else lines.push(`${lines.length === 0 ? `${name} + ` : indent}${word}`);
  }
  return lines;
}

const sameAction = (one: EscapeKey) => (other: EscapeKey) => other.action === one.action;

function sayHelp(desk: Desk): void {
  const { name, keys } = desk.escape;
  for (const { keys: typed, action } of keys)
    desk.say(`${name} ${typed.padEnd(3)} ${describe(action).summary}`);
  desk.say(`${name} ${name}  send it to the host`);
}

function sayWho(desk: Desk): void {
  for (const line of whoLines(desk.seat)) desk.say(line);
}

function setMode(mode: "read" | "write" | "join"): (desk: Desk) => Promise<void> {
  return (desk) => desk.attachment.setMode(mode, "");
}

async function sendBreak(desk: Desk): Promise<void> {
  if (!mayWrite(desk)) return;
  await desk.attachment.sendBreak();
  desk.say("BREAK sent");
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
  const request = { verb, hosts: [host], dryRun: false, force: false, reason };
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
