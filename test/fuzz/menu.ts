/*
 * Every console server's menu against servers that say anything: whoever asks for port "web1" is put through to no number
 * that does not stand before exactly this name in one line of the menu, and before no other number in another.
 */
import { readdirSync } from "node:fs";
import { Dialogue, MAX_STEP_BYTES } from "../../src/codec/dialogue.ts";
import type { DialogueEvent } from "../../src/codec/dialogue-steps.ts";
import { MAX_LINE_BYTES, TextLines } from "../../src/codec/text-lines.ts";
import { utf8 } from "../../src/lib/bytes.ts";
import type { MenuProfile } from "../../src/sdk/menu-profile.ts";
import type { FuzzTarget, SeedGroup } from "./fuzz-target.ts";
import { PAUSE, SILENCE } from "./serial/transcripts.ts";

const FOLDER = new URL("../../drivers/console/menu/", import.meta.url);
const SECRET = "s3cret";
const MAX_TYPED = 4096;
const VALUES = new Map(Object.entries({ user: "oob", password: SECRET, port: "web1" }));
const SECRETS: ReadonlySet<string> = new Set(["password"]);

const profiles: [name: string, profile: MenuProfile][] = [];
for (const file of readdirSync(FOLDER).sort()) {
  const module: { default: MenuProfile } = await import(new URL(file, FOLDER).href);
  profiles.push([file.replace(/\.[jt]s$/, ""), module.default]);
}

/** Numbers before the name, where that is all that stands in its place. */
type Reader = (line: string) => string[];

const isEnd = (rest: string): boolean => rest.trim() === "" || /^(?:[ \t]{2}|\t)/.test(rest);

/** Cells of a number and a name, several a line. */
const cyclades: Reader = (line) => {
  const found: string[] = [];
  for (const { 1: number = "", 0: whole, index } of line.matchAll(/(\d+) {1,3}web1/gi)) {
    const rest = line.slice(index + whole.length);
    const alone = !/\S/.test(line[index - 1] ?? " ");
    if (alone && number.length <= 3 && (isEnd(rest) || /^ \d{1,3} {1,3}[\w.-]/.test(rest)))
      found.push(number);
  }
  return found;
};

const opengear: Reader = (line) => {
  const found: string[] = [];
  for (const { 1: number = "", 0: whole, index } of line.matchAll(/(\d+): web1/gi)) {
    const rest = line.slice(index + whole.length);
    const alone = !/\S/.test(line[index - 1] ?? " ");
    if (alone && number.length <= 2 && (isEnd(rest) || /^\s\d{1,2}: /.test(rest)))
      found.push(number);
  }
  return found;
};

/** A row a line: what stands behind the name is another column, or a mark. */
const row: Reader = (line) => {
  const [, number = "", rest = "-"] = /^\W{0,4}(\d{1,3})[ .:|)\]]{1,6}web1(.*)$/i.exec(line) ?? [];
  return number !== "" && (isEnd(rest) || /^[ \t]?[|()[\]*]/.test(rest)) ? [number] : [];
};

const READERS: ReadonlyMap<string, Reader> = new Map([
  ["cyclades-ts", cyclades],
  ["opengear-pmshell", opengear],
  ["digi", row],
  ["perle-iolan", row],
]);

/** One talk, and the lines that were heard in it. */
class Talk {
  readonly #name: string;
  readonly #dialogue: Dialogue;
  #lines = new TextLines();
  #typed = 0;
  #passwords = 0;
  #echoes: readonly string[] = [];
  /** Numbers that stand before the name, line by line. */
  #numbers: (readonly string[])[] = [];

  constructor(name: string, profile: MenuProfile) {
    this.#name = name;
    this.#dialogue = new Dialogue(profile.steps, profile.enter, {
      values: VALUES,
      secret: SECRETS,
    });
  }

  /** Some of the wire, with one line's end at most, and that at its end. */
  hear(bytes: Uint8Array): void {
    const [line] = this.#lines.receive(bytes);
    const reader = READERS.get(this.#name);
    if (line && reader) {
      const echo = this.#echoes.find((one) => line.text.startsWith(one)) ?? "";
      const numbers = reader(line.text.slice(echo.length));
      if (numbers.length > 0) this.#numbers.push(numbers);
    }
    this.#note(this.#dialogue.receive(bytes));
  }

  settled(): void {
    const prompt = this.#lines.unfinished()?.text ?? "";
    const events = this.#dialogue.settled();
    if (this.#note(events, prompt) || events.length > 0) this.#lines = new TextLines();
  }

  expired(): void {
    this.#note(this.#dialogue.expired());
  }

  end(): void {
    this.#note(this.#dialogue.ended());
  }

  /** True: something was typed. */
  #note(events: readonly DialogueEvent[], prompt = ""): boolean {
    for (const event of events)
      if (event.is !== "data" && JSON.stringify(event).includes(SECRET))
        throw new Error("tells the password");
    if (this.#dialogue.held > MAX_STEP_BYTES + 2 * MAX_LINE_BYTES)
      throw new Error("holds too much");
    const output = this.#dialogue.takeOutput();
    if (output.length === 0) return false;
    const typed = Buffer.from(output).toString("latin1");
    this.#typed += typed.length;
    if (this.#typed > MAX_TYPED) throw new Error(`types ${this.#typed} bytes`);
    if (typed.includes(SECRET) && ++this.#passwords > 1)
      throw new Error("types the password twice");
    const opens = events.some((event) => event.is === "step" && event.name === "open");
    if (opens && READERS.has(this.#name)) this.#checkNumber(typed);
    const echo = /^[^\0-\x1f\x7f]*/.exec(typed)?.[0] ?? "";
    this.#echoes = echo === "" ? [] : [`${prompt}${echo}`, echo];
    return true;
  }

  #checkNumber(typed: string): void {
    const number = /\d+/.exec(typed)?.[0] ?? typed;
    const said = JSON.stringify(this.#numbers);
    if (!this.#numbers.some((line) => line.includes(number)))
      throw new Error(`${this.#name}: chooses ${number} for web1, and the menu says ${said}`);
    if (!this.#numbers.every((line) => line.includes(number)))
      throw new Error(`${this.#name}: chooses ${number} of several ports called web1: ${said}`);
  }
}

const PIECES =
  "cs1 login: |Password: |\r\nLogin incorrect\r\n|[root@cs1 /]# |admin@cs1:~$ |#> | 1 db1          2 web1         3 web1-b\r\n" +
  "|12 web1\r\n| 7 web1 spare\r\n| 112 web1   4 x\r\n|valid option[1-16], or anything else to refresh : |Enter your option : " +
  "|* * * ttyS2 is being used by (bob) !!!\r\n|1: db1                 2: web1                3: web1 b\r\n|Connect to port > " +
  "|1. db1\r\n|2. web1   RS232\r\n|3) web1*\r\n|Select port: |Local_3> |[slc0a1b]> |InReach:0 >|cli-> |Connected\r\n" +
  "|Trying 10.0.0.5, 2003 ...\r\n|invalid port\r\n|Port is in use by bob\r\n|web1|WEB1|\r\n|\r|  |\t|4|: ";
const pieces = PIECES.split("|").map(utf8);
const ends = [Uint8Array.of(PAUSE), Uint8Array.of(SILENCE)];
/** Menus as they come after a login, with the pause behind their prompt. */
const TALKS: Readonly<Record<string, string>> = {
  "cyclades-ts":
    "cs1 login: @Password: @\r\n Serial Console Server Connection Menu\r\n\r\n 1 db1           2 web1          3 web1-b\r\n\r\n Type 'q' to quit, a valid option[1-3], or anything else to refresh : @\r\nlogin: @",
  "opengear-pmshell":
    "cs1 login: @Password: @\r\nadmin@cs1:~$ @pmshell\r\n1: db1                  2: web1                 3: web1 b\r\n\r\nConnect to port > @2\r\nlogin: @",
  digi: "login: @Password: @\r\n 1. db1      RS232\r\n 2. web1     RS232\r\n 3. web1 b   RS232\r\nSelect port: @2\r\nlogin: @",
  "perle-iolan":
    "login: @Password: @\r\n 1  db1\r\n 2  web1\r\n 3  web1 b\r\nSelect port: @2\r\nlogin: @",
};

const groups: SeedGroup[] = profiles.map(([name], n) => {
  const whole = (TALKS[name] ?? "cs1 login: @Password: @")
    .split("@")
    .flatMap((part) => [utf8(part)]);
  const talk = Buffer.concat(whole.flatMap((part) => [part, Uint8Array.of(PAUSE)]));
  const often = Array.from({ length: 20 }, () => Uint8Array.from(talk));
  return {
    head: Uint8Array.of(n),
    seeds: [...often, ...whole, ...pieces, ...ends, ...ends, ...ends],
  };
});

const target: FuzzTarget = {
  seeds: groups.flatMap(({ seeds }) => seeds),
  groups,
  run(input) {
    const [name, profile] = profiles[(input[0] ?? 0) % profiles.length] ?? [];
    if (name === undefined || profile === undefined) return;
    const talk = new Talk(name, profile);
    let from = 1;
    for (let at = 1; at <= input.length; at++) {
      const byte = input[at];
      const isEvent = byte === PAUSE || byte === SILENCE || byte === undefined;
      if (!isEvent && byte !== 10) continue;
      const piece = input.subarray(from, isEvent ? at : at + 1);
      if (piece.length > 0) talk.hear(piece);
      if (byte === PAUSE) talk.settled();
      else if (byte === SILENCE) talk.expired();
      from = at + 1;
    }
    talk.end();
  },
};
export default target;
