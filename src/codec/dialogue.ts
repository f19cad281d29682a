/**
 * A talk with a device that was made for people: prompts to be answered, menus to be walked through, tables to be read.
 * What is said is data (DialogueSteps); this is who says it.
 *
 *   wire ─► finished lines ─► `line` patterns, at once                                ─► send, go, captured, done, failed
 *           unfinished line ─► `prompt` patterns, when the peer has gone quiet (settled)
 *           neither in time ─► `otherwise` (expired);  hang-up: what stands there counts as finished (ended)
 *
 * A prompt counts only where it ends what the peer says: "Last login: Mon" asks for nothing. So the outcome does not depend
 * on how the wire cuts the text, but only on where the caller says that it paused. Escape sequences are out (TextLines), and
 * what we sent ourselves is not matched when it is echoed. What came after the last line that was understood belongs to
 * whoever is behind the device: it follows `done` as data, byte for byte.
 */
import { concatBytes, utf8 } from "../lib/bytes.ts";
import { printable } from "../lib/printable.ts";
import type { Codec } from "./codec.ts";
import {
  type DialogueCase,
  type DialogueEvent,
  type DialogueFailure,
  type DialogueMove,
  type DialogueStep,
  type DialogueSteps,
  type DialogueValues,
  everywhere,
  fillTemplate,
} from "./dialogue-steps.ts";
import { TextLines } from "./text-lines.ts";
import { TypedEcho } from "./typed-echo.ts";

/** Bytes of the wire that a step may take in without understanding one line of them. */
export const MAX_STEP_BYTES = 64 * 1024;
/** Moves of one dialogue: more go round in a circle. */
export const MAX_DIALOGUE_MOVES = 100;
/** Matches of one pattern in one line. */
const MAX_MATCHES = 64;

/** One dialogue, from its first step to its end. */
export class Dialogue implements Codec<DialogueEvent> {
  readonly #steps: DialogueSteps;
  readonly #given: DialogueValues;
  readonly #captured = new Map<string, string>();
  readonly #prompts = new Set<string>();
  #step: string;
  #over: "done" | "failed" | undefined;
  #moves = 0;
  #lines = new TextLines();
  /** Wire bytes since the last that was understood, and where they begin in the stream. */
  #raw: Uint8Array[] = [];
  #rawAt = 0;
  #offset = 0;
  #output: Uint8Array[] = [];
  #echo = new TypedEcho();
  #last = "";

  constructor(steps: DialogueSteps, first: string, given: DialogueValues) {
    this.#steps = steps;
    this.#step = first;
    this.#given = given;
  }

  get over(): "done" | "failed" | undefined {
    return this.#over;
  }

  /** Name of the step that it is at. */
  get step(): string {
    return this.#step;
  }

  /** How long this step may take, in all and without a byte, where it says so. */
  get limits(): Pick<DialogueStep, "within" | "silence"> {
    return this.#steps[this.#step] ?? {};
  }

  /** Prompts of the peer that were answered, as they stood there. */
  get prompts(): ReadonlySet<string> {
    return this.#prompts;
  }

  /** The last line of text that came, without secrets. */
  get lastText(): string {
    return this.#shown(this.#last);
  }

  /** Bytes kept. */
  get held(): number {
    return this.#offset - this.#rawAt + this.#lines.held;
  }

  takeOutput(): Uint8Array {
    return this.#output.length === 0 ? NOTHING : concatBytes(this.#output.splice(0));
  }

  receive(bytes: Uint8Array): DialogueEvent[] {
    const events: DialogueEvent[] = [];
    let at = 0;
    while (at < bytes.length && this.#over === undefined) {
      const room = MAX_STEP_BYTES - (this.#offset - this.#rawAt);
      const part = bytes.slice(at, at + room);
      at += part.length;
      this.#raw.push(part);
      this.#offset += part.length;
      for (const line of this.#lines.receive(part))
        if (this.#over === undefined) this.#line(line.text, line.end, events);
      if (this.#offset - this.#rawAt >= MAX_STEP_BYTES) events.push(...this.expired());
    }
    // The last part's bytes that nobody understood went out with `done`.
    if (at < bytes.length && this.#over === "done")
      events.push({ is: "data", bytes: bytes.subarray(at) });
    return events;
  }

  /** Nothing came for a while: what stands there unfinished may be a prompt. */
  settled(): DialogueEvent[] {
    const events: DialogueEvent[] = [];
    const line = this.#over === undefined ? this.#lines.unfinished() : undefined;
    if (line === undefined) return events;
    const text = this.#echo.strip(line.text, false);
    if (text === undefined) return events;
    this.#note(text);
    const found = this.#find(text, (one) => ("prompt" in one ? one.prompt : undefined));
    if (found === undefined) return events;
    this.#prompts.add(text.trim());
    // What follows is a line of its own, wherever the cursor stands.
    this.#lines = new TextLines(line.end);
    this.#move(found.one, found.groups, line.end, events, text);
    return events;
  }

  /** The step's time is over. */
  expired(): DialogueEvent[] {
    const events: DialogueEvent[] = [];
    if (this.#over !== undefined) return events;
    const { otherwise } = this.#steps[this.#step] ?? {};
    const line = this.#lines.unfinished();
    if (line && this.#echo.strip(line.text, false) === undefined) this.#forget(line.end);
    if (otherwise) this.#move(otherwise, {}, otherwise.done ? this.#rawAt : this.#offset, events);
    else {
      const last = this.#last === "" ? "nothing came" : `the last that came was "{last}"`;
      this.#fail({ code: "LINK_REFUSED", why: `no answer that is understood: ${last}` }, events);
    }
    return events;
  }

  /** The peer hung up. */
  ended(): DialogueEvent[] {
    const events: DialogueEvent[] = [];
    const line = this.#over === undefined ? this.#lines.unfinished() : undefined;
    if (line !== undefined) this.#line(line.text, line.end, events);
    if (this.#over !== undefined) return events;
    const last = this.#last === "" ? "" : ` after "{last}"`;
    this.#fail({ code: "LINK_REFUSED", why: `it hung up${last}` }, events);
    return events;
  }

  #line(whole: string, end: number, events: DialogueEvent[]): void {
    const text = this.#echo.strip(whole, true);
    if (text === undefined) {
      this.#forget(end);
      return;
    }
    this.#note(text);
    const found = this.#find(text, (one) => ("line" in one ? one.line : undefined));
    if (found) this.#move(found.one, found.groups, end, events);
  }

  #note(text: string): void {
    if (text.trim() !== "") this.#last = text.trim();
  }

  #find(text: string, patternOf: (one: DialogueCase) => RegExp | undefined) {
    for (const one of this.#steps[this.#step]?.expect ?? []) {
      const pattern = patternOf(one);
      if (pattern === undefined || (one.asked && !this.#prompts.has(text.trim()))) continue;
      if (![one.only ?? []].flat().every((name) => this.#value(name))) continue;
      const groups = this.#match(pattern, text, one);
      if (groups) return { one, groups };
    }
    return undefined;
  }

  #match(pattern: RegExp, text: string, { where = {}, behind }: DialogueCase) {
    const all = everywhere(pattern);
    for (let count = 0; count < MAX_MATCHES; count++) {
      const found = all.exec(text);
      if (found === null) return undefined;
      const groups = found.groups ?? {};
      const wanted = Object.entries(where).every(
        ([group, name]) => groups[group]?.toLowerCase() === this.#value(name)?.toLowerCase(),
      );
      if (behind?.test(text.slice(all.lastIndex)) === false) all.lastIndex = found.index + 1;
      else if (wanted) return groups;
      else if (found[0] === "") all.lastIndex += 1;
    }
    return undefined;
  }

  #move(
    move: DialogueMove,
    groups: Readonly<Record<string, string | undefined>>,
    end: number,
    events: DialogueEvent[],
    prompt = "",
  ): void {
    this.#capture(groups, events);
    if (!move.keep) this.#forget(end);
    if (move.fail) this.#fail(move.fail, events);
    else if (move.send !== undefined && !this.#send(move.send, prompt, events)) return;
    else if (move.done) this.#finish(events);
    else if (move.send !== undefined || move.go !== undefined) this.#goOn(move.go, events);
  }

  #capture(groups: Readonly<Record<string, string | undefined>>, events: DialogueEvent[]): void {
    const values: Record<string, string> = {};
    for (const [name, value] of Object.entries(groups))
      if (value !== undefined) values[name] = this.#shown(value.trim());
    if (Object.keys(values).length === 0) return;
    for (const [name, value] of Object.entries(values)) this.#captured.set(name, value);
    events.push({ is: "captured", values });
  }

  #goOn(next: string | undefined, events: DialogueEvent[]): void {
    if (++this.#moves > MAX_DIALOGUE_MOVES) {
      const why = `it goes round in a circle: "{last}" comes again and again`;
      this.#fail({ code: "LINK_REFUSED", why }, events);
      return;
    }
    if (next === undefined || next === this.#step) return;
    this.#step = next;
    events.push({ is: "step", name: next });
  }

  #send(template: string, prompt: string, events: DialogueEvent[]): boolean {
    const { text, missing } = this.#filled(template);
    if (missing !== undefined) {
      const why = `it asks for a ${missing} ("{last}"), and none is given`;
      this.#fail({ code: "LOGIN_REFUSED", why, hint: `Give ${missing}: in the entry` }, events);
      return false;
    }
    this.#output.push(utf8(text));
    this.#echo.typed(text, prompt);
    return true;
  }

  #finish(events: DialogueEvent[]): void {
    this.#over = "done";
    events.push({ is: "done" });
    const bytes = concatBytes(this.#raw.splice(0));
    if (bytes.length > 0) events.push({ is: "data", bytes });
    this.#end();
  }

  #fail({ code, why, hint }: DialogueFailure, events: DialogueEvent[]): void {
    this.#over = "failed";
    const step = this.#step;
    const said = (template: string) => this.#shown(this.#filled(template).text);
    events.push({ is: "failed", code, why: said(why), ...(hint && { hint: said(hint) }), step });
    this.#end();
  }

  #end(): void {
    this.#raw = [];
    this.#rawAt = this.#offset;
    this.#lines = new TextLines();
    this.#echo = new TypedEcho();
  }

  /** Drops what came before `end`: it was the device's, not that of whoever is behind it. */
  #forget(end: number): void {
    while (this.#raw[0] !== undefined && this.#rawAt < end) {
      const part = this.#raw[0];
      const rest = part.subarray(end - this.#rawAt);
      if (rest.length > 0) this.#raw[0] = rest;
      else this.#raw.shift();
      this.#rawAt += part.length - rest.length;
    }
  }

  #filled(template: string) {
    return fillTemplate(template, (name) => this.#value(name));
  }

  #value(name: string): string | undefined {
    if (name === "last") return this.#last;
    return this.#given.values.get(name) ?? this.#captured.get(name);
  }

  /** Text of the peer as people may see it. */
  #shown(text: string): string {
    let shown = text;
    for (const name of this.#given.secret ?? []) {
      const value = this.#given.values.get(name);
      if (value) shown = shown.replaceAll(value, "*****");
    }
    return printable(shown, 300);
  }
}

const NOTHING = new Uint8Array(0);
