import type { ScreenMode } from "./escape-scanner.ts";
import { type Foreground, foregroundOf, NO_FOREGROUND } from "./foreground.ts";
import { type Message, withoutServerStamp } from "./message.ts";
import type { Row } from "./row.ts";
import type { NamedRule } from "./rule-set.ts";

/** What a message proves: all it says, that a probe is due, that somebody may care, or nothing. */
export type Worth = "full" | "probe" | "note" | "nothing";

/** A host's clock that is this much earlier than before tells a replay; CPUs disagree by less. */
const REPLAY_SECONDS = 2;
const MAX_TYPED = 512;
/** A match shorter than this is not looked up in what was typed. */
const MIN_TYPED_MATCH = 4;
/** Control characters. */
const NO_TEXT = /[^ -~\x80-\xff]/g;

/**
 * Tells what happens on the host from what is only shown there: echo of typed text, output of `cat`, pagers, editors,
 * replays of old messages. Follows the shell's prompts, the screen modes and the host's own clock.
 */
export class Quotation {
  #alternate = false;
  #keys = false;
  #editing = false;
  #foreground: Foreground | undefined;
  /** Rule of the shell prompt behind which the foreground command was typed. */
  #shell: string | undefined;
  #atPrompt = false;
  /** The row so far was typed at a prompt and goes on behind a carriage return. */
  #typing = false;
  /** First row that the shell's line editor let go. */
  #edited = "";
  #typed = "";
  /** What the seat typed since its last Enter. */
  #line = "";
  #lastStamp = 0;

  copy(): Quotation {
    const copy = new Quotation();
    copy.#alternate = this.#alternate;
    copy.#keys = this.#keys;
    copy.#editing = this.#editing;
    copy.#foreground = this.#foreground;
    copy.#shell = this.#shell;
    copy.#atPrompt = this.#atPrompt;
    copy.#typing = this.#typing;
    copy.#edited = this.#edited;
    copy.#typed = this.#typed;
    copy.#line = this.#line;
    copy.#lastStamp = this.#lastStamp;
    return copy;
  }

  /** A program has the whole screen: what it paints is its own. */
  get screenTaken(): boolean {
    return this.#alternate || (this.#keys && !this.#atPrompt);
  }

  get foreground(): Foreground {
    return this.#foreground ?? NO_FOREGROUND;
  }

  /** What runs full-screen, or undefined where lines are lines. */
  get fullScreen(): Foreground["kind"] | undefined {
    return this.screenTaken ? this.foreground.kind : undefined;
  }

  get lastStamp(): number {
    return this.#lastStamp;
  }

  stamp(seconds: number): void {
    if (seconds > this.#lastStamp) this.#lastStamp = seconds;
  }

  forgetClock(): void {
    this.#lastStamp = 0;
    this.#typing = false;
  }

  /** Text that the seat typed. Where no prompt is known, its lines tell what runs. */
  typed(text: string): void {
    this.#typed = (this.#typed + text).slice(-MAX_TYPED);
    const lines = (this.#line + text).split(/[\r\n]/);
    this.#line = lines.pop()?.slice(-MAX_TYPED) ?? "";
    // Enter alone starts nothing, nor does XON before it: a probe is no command.
    const line = lines.map((typed) => typed.replace(NO_TEXT, "").trim()).findLast(Boolean);
    if (line && !this.#shell) this.#foreground = foregroundOf(line);
  }

  /** The screen is a plain one again and nothing is known to run: a boot, a login prompt, a reset. */
  plain(): void {
    this.#alternate = false;
    this.#keys = false;
    this.#foreground = undefined;
    this.#shell = undefined;
    this.#atPrompt = false;
    this.#editing = false;
    this.#line = "";
  }

  /** True when a shell's line editor began: somebody can type, the host lives. */
  mode(mode: ScreenMode, on: boolean, before: string): boolean {
    if (mode === "reset") this.plain();
    else if (mode === "alternate") this.#alternate = on;
    else if (mode === "keys") this.#keys = on;
    else return this.#edit(on, before);
    return false;
  }

  /**
   * Bracketed paste: shells turn it on while a line is edited, and off when a command begins. Where "on" was missed
   * (oob came later, bytes were lost), or belongs to a shell that ended with a boot, the line is the row `before`.
   */
  #edit(on: boolean, before: string): boolean {
    if (this.screenTaken) return false;
    const begun = this.#editing && this.#edited !== "";
    this.#editing = on;
    if (on) {
      this.#atPrompt = true;
      this.#foreground = undefined;
    } else this.#letGo(begun ? this.#edited : before || this.#edited);
    this.#edited = "";
    return on;
  }

  /** A line editor let a line go. What is known to run already may be the program that had it, and says more. */
  #letGo(line: string): void {
    const command = withoutServerStamp(line).replace(/^.{0,120}?[#$%>] /, "");
    if (!this.#foreground || foregroundOf(command).shows === "staying") this.command(command);
  }

  /** A shell prompt stands; false: it is text that a program shows. */
  shellPrompt(rule: NamedRule): boolean {
    // Inside `cat`, "# " and "$ " are text; the prompt that opened the command closes it.
    if (this.foreground.shows !== "nothing" && this.#shell && this.#shell !== rule.id) return false;
    this.#shell = rule.id;
    this.#foreground = undefined;
    this.#atPrompt = true;
    return true;
  }

  command(text: string): void {
    if (text === "") return;
    this.#atPrompt = false;
    this.#foreground = foregroundOf(text);
  }

  /** Notes a complete row; true: all of it was typed at a prompt before. */
  rowIsTyped(row: Row, afterShellPrompt: boolean): boolean {
    const goesOn = this.#typing && row.returned;
    if (row.edited && this.#edited === "") this.#edited = row.text;
    this.#typing = (goesOn || afterShellPrompt) && row.text.endsWith(" ");
    return goesOn;
  }

  /** What a message is worth as a sign of a crash. */
  worth(message: Message, matched: string, row: Row): Worth {
    if (this.#isForeign(message, matched)) return "nothing";
    if (row.moved || this.screenTaken) return "nothing";
    // A log daemon wrote it: user space lived, or it is of another host.
    const most: Worth = message.logged ? "probe" : "full";
    if (!this.#foreground) return most;
    const old = message.stamp !== undefined && message.stamp < this.#lastStamp - REPLAY_SECONDS;
    if (old || this.foreground.shows === "staying") return "note";
    // Behind `cat` the prompt would be back at once: silence still asks for a probe.
    return this.foreground.shows === "ending" ? "probe" : most;
  }

  /** Whether a message that is no sign of a crash is about this host and this moment. */
  isOwn(message: Message, matched: string): boolean {
    return this.foreground.shows === "nothing" && !this.#isForeign(message, matched);
  }

  #isForeign(message: Message, matched: string): boolean {
    if (message.quoted || (this.screenTaken && this.#foreground !== undefined)) return true;
    return matched.length >= MIN_TYPED_MATCH && this.#typed.includes(matched);
  }
}
