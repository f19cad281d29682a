import type { Millis } from "../../lib/clock.ts";
import { printable } from "../../lib/printable.ts";
import type { Evidence, Rule } from "../../sdk/rule.ts";
import { Judge, type Match } from "./judge.ts";
import { LineView } from "./line-view.ts";
import { type Message, withoutServerStamp } from "./message.ts";
import type { Detector, Opinion } from "./opinion.ts";
import type { Row } from "./row.ts";
import { matchOf, type NamedRule, type RuleSet, ruleSetOf } from "./rule-set.ts";
import { raise, rank, standing } from "./slots.ts";

/** What is shown of the line that proves something. */
const MAX_SHOWN = 300;
const PLAIN = /^[ -~]*$/;
const MAX_EVIDENCE = 8;
/** A longer row ends with no prompt. Bounds the work that a host can cause by repeating what ends prompts. */
const MAX_PROMPT_BYTES = 256;
const MAX_PROMPT_TRIES = 24;

/** The end of a shell prompt in any dress: "#", "$", "%", ">", and the arrows of zsh themes in UTF-8. */
const UNKNOWN_PROMPT =
  /^[^\r\n]{0,120}(?:[#$%>]|\xe2\x9d\xaf|\xc2\xbb|\xce\xbb|\xe2\x9e\x9c[^[\]]{0,60}) $/;

const UNKNOWN: Opinion = {
  state: "healthy",
  class: "runtime",
  action: "none",
  since: 0,
  evidence: [],
};

const NONE: readonly Evidence[] = [];

/**
 * Makes a detector for one console. Rules are compiled once per list: pass the same array for every console.
 * Evidence is raised when a row ends, or as soon as a prompt stands; `opinion` counts the unfinished row as well.
 */
export function createDetector(rules: readonly Rule[]): Detector {
  return new RowDetector(ruleSetOf(rules));
}

class RowDetector implements Detector {
  readonly #set: RuleSet;
  readonly #view: LineView;
  #judge = new Judge();
  #found: Evidence[] | undefined;
  #recent: readonly Evidence[] = NONE;
  /** Rules with a hint in the row that is being read. */
  #candidates: NamedRule[] | undefined;
  #prompt: NamedRule | undefined;
  #promptEnd = 0;
  #promptTries = 0;
  #opinion: Opinion | undefined = UNKNOWN;

  constructor(set: RuleSet) {
    this.#set = set;
    this.#view = new LineView(set.automaton, {
      hint: (hint, length) => this.#hint(hint, length),
      awaits: () => this.#judge.awaitsCommand,
      row: (row) => this.#row(row),
      stamp: (seconds) => this.#judge.stamp(seconds),
      mode: (mode, on, before) => this.#judge.mode(mode, on, before),
    });
  }

  get offset(): number {
    return this.#view.offset;
  }

  see(chunk: Uint8Array, at: Millis): readonly Evidence[] {
    this.#opinion = undefined;
    this.#judge.at(at);
    this.#view.see(chunk);
    const found = this.#found ?? NONE;
    this.#found = undefined;
    return found;
  }

  typed(bytes: Uint8Array): void {
    this.#judge.typed(Buffer.from(bytes).toString("latin1"));
  }

  expectBoot(): void {
    this.#judge.expectBoot();
  }

  gap(): void {
    this.#opinion = undefined;
    this.#view.gap();
    this.#judge.gap();
    this.#rowDone();
  }

  get opinion(): Opinion {
    this.#opinion ??= this.#opine();
    return this.#opinion;
  }

  #hint(hint: number, length: number): void {
    const prompts = this.#set.promptsByHint[hint];
    if (prompts && length <= MAX_PROMPT_BYTES && !this.#view.inLogLine)
      if (++this.#promptTries <= MAX_PROMPT_TRIES) this.#tryPrompts(prompts, this.#view.rowSoFar());
    for (const rule of this.#set.byHint[hint] ?? []) {
      if (!this.#judge.changes(rule)) continue;
      // Mostly it is the only one: an array that grows from nothing takes room for 17.
      if (!this.#candidates) this.#candidates = [rule];
      else if (!this.#candidates.includes(rule)) this.#candidates.push(rule);
    }
  }

  #tryPrompts(rules: readonly NamedRule[], row: Row): void {
    const text = withoutServerStamp(row.text);
    for (const rule of rules) {
      if (!matchOf(rule, text)) continue;
      this.#prompt = rule;
      this.#promptEnd = row.text.length;
      this.#add(this.#judge.prompt(rule, evidenceOf(rule, row, text), row));
    }
  }

  #row(row: Row): void {
    this.#promptTries = 0;
    if (!this.#candidates && !this.#prompt) {
      this.#judge.pass(row);
      return;
    }
    const messages = this.#judge.messages(row, this.#prompt, this.#promptEnd);
    const candidates = this.#candidates ?? [];
    this.#rowDone();
    for (const match of matchesIn(messages, candidates, row))
      for (const evidence of this.#judge.message(match)) this.#add(evidence);
  }

  #rowDone(): void {
    this.#promptTries = 0;
    this.#candidates = undefined;
    this.#prompt = undefined;
    this.#promptEnd = 0;
  }

  #add(evidence: Evidence | undefined): void {
    if (!evidence) return;
    this.#found ??= [];
    this.#found.push(evidence);
    this.#recent = [...this.#recent.slice(1 - MAX_EVIDENCE), evidence];
  }

  #opine(): Opinion {
    const pending = this.pending;
    const slots = pending.reduce(raise, this.#judge.slots);
    const top = standing(slots);
    if (!top) return { ...UNKNOWN, since: 0, class: this.#judge.fullScreen ?? UNKNOWN.class };
    const calm = top.state === "healthy" ? this.#judge.fullScreen : undefined;
    return {
      state: top.state,
      class: calm ?? top.class,
      action: this.#doubted(top) ? "confirm" : top.action,
      since: top.at,
      evidence: [...this.#recent, ...pending],
    };
  }

  /** A dead kernel prints no prompt: an unknown one behind its last words asks for a probe first. */
  #doubted({ state, action, offset }: Evidence): boolean {
    if (state !== "crash" || action !== "recover" || this.#prompt) return false;
    return UNKNOWN_PROMPT.test(this.#view.openSince(offset));
  }

  /** Evidence in the row that no line end has closed yet. A copy of the judge says what it is worth. */
  get pending(): readonly Evidence[] {
    const row = this.#view.pending;
    if (!row || !this.#candidates) return [];
    const judge = this.#judge.copy();
    const messages = judge.messages(row, this.#prompt, this.#promptEnd);
    const bad = this.#candidates.filter((rule) => rule.state !== "healthy");
    const found = matchesIn(messages, bad, row).flatMap((match) => judge.message(match));
    return found.sort((a, b) => rank(a) - rank(b));
  }
}

function matchesIn(messages: readonly Message[], rules: readonly NamedRule[], row: Row): Match[] {
  const found: Match[] = [];
  for (const message of messages) {
    for (const rule of rules) {
      const text = matchOf(rule, message.text)?.[0];
      if (text === undefined) continue;
      const evidence = () => evidenceOf(rule, row, message.text);
      found.push({ rule, message, text, evidence, row });
    }
  }
  return found;
}

function evidenceOf(rule: NamedRule, row: Row, text: string): Evidence {
  return {
    rule: rule.id,
    means: rule.means,
    state: rule.state,
    class: rule.class,
    action: rule.action,
    at: row.at,
    offset: row.end,
    line: shown(text),
  };
}

/** Most lines are plain and short: those are taken as they are. */
function shown(text: string): string {
  const line = text.trim();
  if (line.length <= MAX_SHOWN && PLAIN.test(line)) return line;
  return printable(Buffer.from(line, "latin1").toString("utf8"), MAX_SHOWN);
}
