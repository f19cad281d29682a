import type { Millis } from "../../lib/clock.ts";
import type { ScreenMode } from "./escape-scanner.ts";
import { type Foreground, foregroundOf, NO_FOREGROUND } from "./foreground.ts";
import { HostClock } from "./host-clock.ts";
import { type Message, withoutServerStamp } from "./message.ts";
import type { Row } from "./row.ts";
import type { NamedRule } from "./rule-set.ts";
import { systemOf } from "./systems.ts";

/** What a message proves: all it says, that a probe is due, that somebody may care, or nothing. */
export type Worth = "full" | "probe" | "note" | "nothing";

/** From the least to the most. */
const WORTHS: readonly Worth[] = ["nothing", "note", "probe", "full"];

const least = (...worths: readonly Worth[]): Worth =>
  WORTHS.find((worth) => worths.includes(worth)) ?? "full";

/** A host's clock that is this much earlier than before tells a replay; CPUs disagree by less. */
const REPLAY_SECONDS = 2;
const MAX_TYPED = 512;
/** A match shorter than this is not looked up in what was typed. */
const MIN_TYPED_MATCH = 4;
/** Control characters. */
const NO_TEXT = /[^ -~\x80-\xff]/g;
/** A message of a kernel, a mark of a console server. */
const LOG_LINE = /^(?:<\d{1,3}>)?\[/;
/** A program that is called by its path. */
const PATH = /^\.{0,2}\/[\w./-]{1,200}(?: |$)/;
const PROMPT = /^.{0,120}?[#$%>] /;
/** A kernel's message, which broke into what a person typed. */
const BROKE_IN = /\[ {0,7}\d{1,8}\.\d{3,9} ?\].*$/;

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
  /** What was typed at a prompt when a kernel's message took its row. */
  #broken: string | undefined;
  /** First row that the shell's line editor let go. */
  #edited = "";
  #typed = "";
  /** What the seat typed since its last Enter. */
  #line = "";
  #lastStamp = 0;
  /** The kernel that runs puts stamps before its lines. */
  #stamps = false;
  #clock = new HostClock();
  /** As its boot banner tells. */
  #system: string | undefined;
  /** As its login prompt tells, up to the first dot. */
  #hostname: string | undefined;

  copy(): Quotation {
    const copy = new Quotation();
    copy.#alternate = this.#alternate;
    copy.#keys = this.#keys;
    copy.#editing = this.#editing;
    copy.#foreground = this.#foreground;
    copy.#shell = this.#shell;
    copy.#atPrompt = this.#atPrompt;
    copy.#typing = this.#typing;
    copy.#broken = this.#broken;
    copy.#edited = this.#edited;
    copy.#typed = this.#typed;
    copy.#line = this.#line;
    copy.#lastStamp = this.#lastStamp;
    copy.#stamps = this.#stamps;
    copy.#clock = this.#clock.copy();
    copy.#system = this.#system;
    copy.#hostname = this.#hostname;
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

  /** A command runs that was typed at a known prompt, or by the seat, and does not take the host down. */
  get commanded(): boolean {
    return this.#foreground !== undefined && !this.#foreground.restarts;
  }

  /** The command that runs may show what another kernel prints: all but those that work on this one. */
  get #relays(): boolean {
    return this.commanded && !this.foreground.works;
  }

  stamp(seconds: number, now: Millis): void {
    if (this.#stamps && seconds === this.#lastStamp) return;
    if (seconds > this.#lastStamp) this.#lastStamp = seconds;
    this.#stamps = true;
    this.#clock.note(seconds, now, !this.#relays);
  }

  /** A boot banner of this rule came. */
  boots(rule: NamedRule): void {
    this.plain();
    this.forgetClock();
    this.#clock.forget();
    this.#stamps = false;
    this.#system = systemOf(rule.id);
  }

  /** A login prompt names the host. */
  login(text: string): void {
    this.plain();
    this.forgetClock();
    const name = /^([\w-]{1,63})(?:\.[\w.-]{1,200})? (?:console )?login: $/i.exec(text)?.[1];
    if (name) this.#hostname = name.toLowerCase();
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
    this.#broken = undefined;
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
    } else this.#letGo(begun ? this.#edited : before || this.#edited, before);
    this.#edited = "";
    return on;
  }

  /**
   * A line editor let a line go. Where a kernel's message broke into it, its end stands in the row that came last. What is
   * known to run already may be the program that had it, and says more.
   */
  #letGo(line: string, last: string): void {
    const command = last.startsWith(line) ? typedIn(last) : typedIn(line) + typedIn(last);
    if (!this.#foreground || foregroundOf(command).shows === "staying") this.command(command);
  }

  /** A shell prompt stands; false: it is text that a program shows. */
  shellPrompt(rule: NamedRule): boolean {
    // Inside `cat`, "# " and "$ " are text; the prompt that opened the command closes it.
    if (this.foreground.shows !== "nothing" && this.#shell && this.#shell !== rule.id) return false;
    this.#shell = rule.id;
    this.#broken = undefined;
    this.#foreground = undefined;
    this.#atPrompt = true;
    return true;
  }

  command(text: string): void {
    if (text === "") return;
    this.#atPrompt = false;
    this.#broken = undefined;
    this.#foreground = foregroundOf(text);
  }

  /** A kernel's message took the row of a prompt: the command will stand in a row of its own. */
  get awaitsCommand(): boolean {
    return this.#broken !== undefined;
  }

  /** A kernel's message took the row of a prompt, at which `typed` stood. */
  interrupted(typed: string): void {
    this.#broken = typed;
  }

  /** A row that says nothing to any rule: behind a prompt that was taken, it is the command line, or a broadcast. */
  pass(row: Row): void {
    const { text, edited } = row;
    this.rowIsTyped(row, false);
    if (this.#broken === undefined || edited || LOG_LINE.test(text)) return;
    const line = this.#broken + text.trimEnd();
    this.#broken = undefined;
    const { shows, tests } = foregroundOf(line);
    if (shows !== "nothing" || tests || PATH.test(line)) this.command(line);
  }

  /** Notes a complete row; true: all of it was typed at a prompt before. */
  rowIsTyped(row: Row, afterShellPrompt: boolean): boolean {
    const goesOn = this.#typing && row.returned;
    if (row.edited && this.#edited === "") this.#edited = row.text;
    this.#typing = (goesOn || afterShellPrompt) && row.text.endsWith(" ");
    return goesOn;
  }

  /** What a message is worth as a sign of a crash. */
  worth(message: Message, matched: string, row: Row, rule: NamedRule, now: Millis): Worth {
    if (this.#isForeign(message, matched)) return "nothing";
    if (row.moved || this.screenTaken) return "nothing";
    const doubted: Worth = this.#relays ? "note" : "probe";
    const byKernel = this.#isOfOtherKernel(message, rule, now) ? doubted : "full";
    return least(this.#byWriter(message), this.#byForeground(message), byKernel);
  }

  /** A log daemon wrote it: user space lived, or it is of another host. */
  #byWriter({ logged, host }: Message): Worth {
    if (!logged) return "full";
    const other = host !== undefined && this.#hostname !== undefined && host !== this.#hostname;
    return other ? "note" : "probe";
  }

  #byForeground({ stamp }: Message): Worth {
    if (!this.#foreground) return "full";
    const old = stamp !== undefined && stamp < this.#lastStamp - REPLAY_SECONDS;
    if (old || this.foreground.shows === "staying") return "note";
    // Behind `cat` the prompt would be back at once: silence still asks for a probe.
    return this.foreground.shows === "ending" || this.foreground.tests ? "probe" : "full";
  }

  /** Whether the kernel that runs here would not print it so: another system, no stamp, another clock. */
  #isOfOtherKernel({ stamp }: Message, rule: NamedRule, now: Millis): boolean {
    const system = systemOf(rule.id);
    if (system !== undefined && this.#system !== undefined && system !== this.#system) return true;
    if (stamp === undefined) return rule.stamped === true && this.#stamps;
    const strays = this.#clock.strays(stamp, now);
    // A virtual machine that was stopped is behind.
    return strays === "ahead" || (strays === "behind" && this.#relays);
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

/** What a row holds of a command line. */
const typedIn = (row: string): string =>
  withoutServerStamp(row).replace(PROMPT, "").replace(BROKE_IN, "");
