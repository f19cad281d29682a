/*
 * Every serial PDU's dialogue against devices that say anything. What it tells of outlets is what a reader made by hand
 * finds in the same lines (serial/rows.ts), and outlet 3 is the only one that it switches (serial/commands.ts).
 */
import { Dialogue, MAX_STEP_BYTES } from "../../src/codec/dialogue.ts";
import type { DialogueEvent } from "../../src/codec/dialogue-steps.ts";
import { MAX_LINE_BYTES, TextLines } from "../../src/codec/text-lines.ts";
import { latin1, utf8 } from "../../src/lib/bytes.ts";
import type { OutletRow, SerialPduProfile } from "../../src/sdk/serial-pdu-profile.ts";
import { outletRows, rowReadings } from "../../src/sdk/serial-pdu-rows.ts";
import { serialProfiles } from "../drivers/power/serial-pdu-wire.ts";
import type { FuzzTarget, SeedGroup } from "./fuzz-target.ts";
import { checkCommand, checkYes, movedOther, outletOf } from "./serial/commands.ts";
import { isTableStep, READERS, type SaidRow, verdict } from "./serial/rows.ts";
import { PAUSE, SILENCE, transcripts } from "./serial/transcripts.ts";

const SECRET = "s3cret";
const MAX_TYPED = 4096;
const SECRETS: ReadonlySet<string> = new Set(["password"]);
/** Talks and lines of one input. */
const MAX_PIECES = 5;
const AIMS = ["table", "command"] as const;
const profiles = [...(await serialProfiles())];

const PIECES =
  "Enter password>|User Name : |Password  : |Username: |RPC-3>|Enter Selection>|1)...Outlet Control\r\n|6)...Logout\r\n" +
  "|    1       Off         1       On   \r\n|Outlet  2       : Off\r\n|Turn Off Outlet 3 (Y/N)?|Invalid password\r\n" +
  "|------- Control Console -------\r\n|------- Outlet Control/Configuration -------\r\n|1- Device Manager\r\n> " +
  "|2- Outlet Management\r\n> |1- Outlet Control/Configuration\r\n> | 3- web1      ON\r\n> |    Outlet       : 3\r\n" +
  "|1- Control Outlet\r\n> |1- Immediate On\r\n2- Immediate Off\r\n> |outlet 3 named 'web1'\r\n" +
  "|Enter 'YES' to continue or <ENTER> to cancel : |Press <ENTER> to continue...|NPS> |Plug | Name | Password\r\n" +
  "| 3   | web1 | (undefined) | ON | 0.5 Secs | ON |\r\n|Are you sure? (Y/N): |Plug A3: web1\r\n|pm>|3\tweb1\tUnlocked ON\r\n" +
  "|3: Outlet turned off.\r\n|Switched CDU: |.AA3 web1   On   On\r\n|More (Y/es N/o): |Plug 3 On\r\n|Complete\r\n|3 ON\r\n|P11=1\r\n";
const pieces = PIECES.split("|").map(utf8);

const valuesOf = (name: string, profile: SerialPduProfile, aim: (typeof AIMS)[number]) =>
  new Map(
    Object.entries({
      ...{ user: "oob", password: SECRET, [aim]: "yes" },
      ...(aim === "command" && { outlet: outletOf(name), name: "web1", turn: profile.turn.off }),
      ...(aim === "command" && { off: "yes" }),
    }),
  );

/** One talk, and beside it what a reader of the same screen knows. */
class Talk {
  readonly #family: string;
  readonly #profile: SerialPduProfile;
  readonly #aim: Aim["aim"];
  readonly #dialogue: Dialogue;
  #lines = new TextLines();
  #typed = 0;
  #passwords = 0;
  #commands = 0;
  /** Text that the device may send back, and the prompt at which it was typed. */
  #echoes: readonly string[] = [];
  /** Lines since the last key, and since the command. */
  #screen: string[] = [];
  #since: string[] = [];
  readonly #rows: OutletRow[] = [];
  readonly #said: SaidRow[] = [];
  /** Rows that the dialogue did not take for any. */
  readonly #left: SaidRow[] = [];

  constructor({ family, profile, aim, values }: Aim) {
    this.#family = family;
    this.#profile = profile;
    this.#aim = aim;
    this.#dialogue = new Dialogue(profile.steps, profile.begins, { values, secret: SECRETS });
  }

  /** Some of the wire, with one line's end at most, and that at its end. */
  hear(bytes: Uint8Array): void {
    const { step, over } = this.#dialogue;
    const [line] = this.#lines.receive(bytes);
    if (line && over === undefined) {
      const forms = this.#formsOf(line.text);
      this.#screen.push(...forms);
      this.#since.push(forms.at(-1) ?? "");
    }
    const events = this.#dialogue.receive(bytes);
    this.#note(events, line?.text, step, over !== undefined);
  }

  settled(): void {
    const { step } = this.#dialogue;
    const line = this.#lines.unfinished();
    const events = this.#dialogue.settled();
    const typed = this.#note(events, undefined, step, false, line?.text ?? "");
    if (typed || events.length > 0) this.#lines = new TextLines();
  }

  expired(): void {
    const { step } = this.#dialogue;
    this.#note(this.#dialogue.expired(), undefined, step, false);
  }

  end(): void {
    const { step, over } = this.#dialogue;
    const line = this.#lines.unfinished();
    const events = this.#dialogue.ended();
    this.#note(events, line?.text, step, over !== undefined);
    this.#judge();
  }

  /** Takes down what was told and typed. True: something was typed. */
  #note(
    events: readonly DialogueEvent[],
    line: string | undefined,
    step: string,
    over: boolean,
    prompt = "",
  ): boolean {
    if (line !== undefined && !over) this.#read(events, line, step);
    else if (events.some((event) => event.is === "captured" && isRow(event.values)))
      throw new Error(`${this.#family}: a row out of no line`);
    const entered = events.some(
      (event) => event.is === "step" && event.name === this.#profile.typed,
    );
    const output = this.#dialogue.takeOutput();
    if (output.length > 0) this.#check(Buffer.from(output).toString("latin1"), entered, prompt);
    for (const event of events)
      if (event.is !== "data" && JSON.stringify(event).includes(SECRET))
        throw new Error("tells the password");
    if (this.#dialogue.held > MAX_STEP_BYTES + 2 * MAX_LINE_BYTES)
      throw new Error("holds too much");
    return output.length > 0;
  }

  #read(events: readonly DialogueEvent[], line: string, step: string): void {
    const reader = READERS.get(this.#family);
    const read = this.#formsOf(line).flatMap((form) => reader?.(form, step) ?? []);
    let taken = false;
    for (const event of events) {
      if (event.is !== "captured") continue;
      for (const row of outletRows([event.values])) {
        const said = read.find((one) => isSame(one, row));
        if (!said) throw new Error(`${this.#family}: ${JSON.stringify({ row, line })}`);
        this.#rows.push(row);
        this.#said.push(said);
        taken = true;
      }
    }
    const plain = !/[^ -~]| {5}/.test(line) && line.length < 60;
    if (!taken && plain && read[0] && isTableStep(this.#family, step)) this.#left.push(read[0]);
  }

  /** A line as it is, and without what was typed before it. */
  #formsOf(line: string): string[] {
    const behind = this.#echoes.filter((echo) => line.startsWith(echo));
    return [line, ...behind.map((echo) => line.slice(echo.length))];
  }

  #check(output: string, entered: boolean, prompt: string): void {
    this.#typed += output.length;
    if (this.#typed > MAX_TYPED) throw new Error(`types ${this.#typed} bytes`);
    const withPassword = output.includes(SECRET) && this.#family !== "dataprobe-iboot";
    if (withPassword && ++this.#passwords > 1) throw new Error("types the password twice");
    if (this.#aim === "command" && entered) {
      checkCommand(this.#family, output, this.#screen);
      if (++this.#commands > 1) throw new Error(`types ${this.#commands} commands`);
      this.#since = [];
    } else if (/^Y(?:ES)?\r$/.test(output)) {
      if (this.#commands !== 1) throw new Error("says yes to a question that it did not cause");
      checkYes(this.#family, [...this.#since, this.#formsOf(prompt).at(-1) ?? ""]);
    }
    const echo = /^[^\0-\x1f\x7f]*/.exec(output)?.[0] ?? "";
    this.#echoes = echo === "" ? [] : [echo, `${prompt}${echo}`];
    // Enter at a page's end goes on with the same screen.
    if (output !== "\r") this.#screen = [];
  }

  #judge(): void {
    if (this.#dialogue.over !== "done") return;
    if (this.#aim === "command") {
      if (this.#commands === 1 && this.#since.some((line) => movedOther(this.#family, line)))
        throw new Error(`${this.#family}: calls it done, and another outlet moved`);
      return;
    }
    const words = new Map<string, Set<string>>();
    for (const row of this.#said)
      words.set(row.outlet, (words.get(row.outlet) ?? new Set()).add(verdict(this.#family, row)));
    for (const { instance, state } of rowReadings(this.#rows, this.#profile)) {
      const said = words.get(instance) ?? new Set();
      const wanted = said.size === 1 ? [...said][0] : "unknown";
      if (state !== wanted)
        throw new Error(`${this.#family}: ${instance} is told ${state}, and is said ${wanted}`);
      const against = this.#left.find(
        (row) => row.outlet === instance && verdict(this.#family, row) === OTHER[state],
      );
      if (against) throw new Error(`${this.#family}: ${instance} is told ${state}, not as said`);
    }
  }
}

const OTHER: Readonly<Record<string, string>> = { on: "off", off: "on" };
const isRow = (values: Readonly<Record<string, string>>): boolean =>
  outletRows([values]).length > 0;
const isSame = (said: SaidRow, row: OutletRow): boolean =>
  said.outlet === row.outlet && said.word === row.state && said.number === row.number;

/** A family, and what it is asked for. */
interface Aim {
  readonly family: string;
  readonly profile: SerialPduProfile;
  readonly aim: (typeof AIMS)[number];
  readonly values: ReadonlyMap<string, string>;
}

const aims: Aim[] = [];
for (const [family, profile] of profiles)
  for (const aim of AIMS)
    aims.push({ family, profile, aim, values: valuesOf(family, profile, aim) });

const groups: SeedGroup[] = [];
for (const [n, { family, profile, values }] of aims.entries()) {
  const whole = await transcripts(family, profile, values);
  const parts = whole.flatMap((bytes) => linesOf(bytes));
  // Whole talks as often as their lines: only they lead to the last steps.
  const often = Array.from({ length: 10 }, () => whole).flat();
  const more = [Uint8Array.of(PAUSE), Uint8Array.of(SILENCE), latin1("\x1b[2J\0~"), utf8(">")];
  const seeds = [...often, ...parts, ...pieces, ...more];
  groups.push({ head: Uint8Array.of(n), seeds, pieces: MAX_PIECES });
}

/** A talk's lines and prompts. */
function linesOf(bytes: Uint8Array): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const ends = [bytes.indexOf(10, at), bytes.indexOf(PAUSE, at)].filter((end) => end >= 0);
    const end = ends.length === 0 ? bytes.length : Math.min(...ends) + 1;
    found.push(bytes.subarray(at, end));
    at = end;
  }
  return found;
}

let answers = 0;

const target: FuzzTarget = {
  answers: () => answers,
  seeds: groups.flatMap(({ seeds }) => seeds),
  groups,
  run(input) {
    const aim = aims[(input[0] ?? 0) % aims.length];
    if (aim === undefined) return;
    const talk = new Talk(aim);
    talk.expired();
    let from = 1;
    for (let at = 1; at <= input.length; at++) {
      const byte = input[at];
      const isEvent = byte === PAUSE || byte === SILENCE || byte === undefined;
      if (!isEvent && byte !== 10) continue;
      const piece = input.subarray(from, isEvent ? at : at + 1);
      if (piece.length > 0) talk.hear(piece);
      if (isEvent) answers++;
      if (byte === PAUSE) talk.settled();
      else if (byte === SILENCE) talk.expired();
      from = at + 1;
    }
    talk.end();
  },
};
export default target;
