import type { Millis } from "../../lib/clock.ts";
import type { Evidence } from "../../sdk/rule.ts";
import { Boots } from "./boots.ts";
import type { ScreenMode } from "./escape-scanner.ts";
import { type Message, messagesOf, withoutServerStamp } from "./message.ts";
import { Quotation } from "./quotation.ts";
import type { Row } from "./row.ts";
import type { NamedRule } from "./rule-set.ts";
import { raise, type Slots, survive } from "./slots.ts";

/** Classes after which a root shell is no sign of health: the system is not up. */
const SINGLE_USER = new Set(["single-user-prompt", "emergency-shell", "fsck-prompt"]);
/** What follows a kernel's "panic: …" and no program's. */
const PROVES_PANIC = new Set(["debugger-prompt", "crash-dump"]);
/** A dump this far behind is another matter. */
const RUMOUR_BYTES = 4096;

const NONE: readonly Evidence[] = [];
const LOADERS = new Set(["boot-loader", "firmware-shell"]);

/** Answers to a loader, debugger or rescue prompt that leave it. */
const LEAVES =
  /^(?:boot\w*|run \w|normal|exit|quit|reset(?:-all)?|reboot|c|continue|go|linux\w* |chain\w*|systemctl (?:default|reboot)|init [2-6])\b/;

/** A rule that matched a message of a row. */
export interface Match {
  readonly rule: NamedRule;
  readonly message: Message;
  /** The part of the message that matched. */
  readonly text: string;
  /** Made only when it counts: boots print hundreds of lines that match and change nothing. */
  readonly evidence: () => Evidence;
  readonly row: Row;
}

/**
 * Holds an opinion about one host. Evidence raises it; signs of life (a prompt, a new boot) withdraw it; text that is
 * only shown hardly counts. Knows no time but the host's own stamps.
 */
export class Judge {
  #slots: Slots = {};
  #quotation = new Quotation();
  #boots = new Boots();
  #singleUser = false;
  /** A prompt of the running system was seen, and nothing that ends it. */
  #up = false;
  /** A prompt that asks for something other than a command of the running system, and what stood before it. */
  #waiting: { readonly prompt: Evidence; readonly before: Evidence | undefined } | undefined;
  /** A line that says "panic:", which programs write as well as BSD kernels do. */
  #rumour: Evidence | undefined;
  /** Wall time of the bytes that are being read. */
  #now: Millis = 0;

  /** A judge that thinks the same: to try what an unfinished row would mean. */
  copy(): Judge {
    const copy = new Judge();
    copy.#slots = this.#slots;
    copy.#quotation = this.#quotation.copy();
    copy.#boots = this.#boots.copy();
    copy.#singleUser = this.#singleUser;
    copy.#up = this.#up;
    copy.#rumour = this.#rumour;
    copy.#waiting = this.#waiting;
    copy.#now = this.#now;
    return copy;
  }

  at(now: Millis): void {
    this.#now = now;
  }

  get slots(): Slots {
    return this.#slots;
  }

  /** What a person would call the screen when nothing is wrong: a pager left open is no login prompt. */
  get fullScreen(): string | undefined {
    const kind = this.#quotation.fullScreen;
    return kind === "program" ? "fullscreen" : kind;
  }

  stamp(seconds: number): void {
    this.#quotation.stamp(seconds, this.#now);
  }

  mode(mode: ScreenMode, on: boolean, before: string): void {
    const editing = this.#quotation.mode(mode, on, before);
    if (editing && !this.#singleUser) this.#live(this.#slots.healthy);
  }

  typed(text: string): void {
    this.#quotation.typed(text);
  }

  gap(): void {
    this.#quotation.forgetClock();
    this.#up = false;
  }

  expectBoot(): void {
    this.#boots.expect();
    this.#quotation.plain();
    this.#up = false;
  }

  /** A prompt stands at the end of the output. */
  prompt(rule: NamedRule, evidence: Evidence, row: Row): Evidence | undefined {
    if (rule.class === "login-prompt" && !row.moved) {
      this.#quotation.login(withoutServerStamp(row.text));
      this.#singleUser = false;
      return this.#live(evidence);
    }
    if (this.#quotation.screenTaken) return undefined;
    if (rule.state !== "healthy") {
      if (this.#quotation.foreground.shows !== "nothing") return undefined;
      this.#boots.waits();
      const prompt = this.#soberly(evidence);
      this.#waiting = { prompt, before: this.#slots.stuck };
      return this.#raise(prompt);
    }
    if (row.moved || !this.#quotation.shellPrompt(rule)) return undefined;
    if (!this.#singleUser) return this.#live(evidence);
    if (this.#slots.stuck?.class === "emergency-shell") return undefined;
    const shell = { state: "stuck", class: "single-user-shell", action: "confirm" } as const;
    return this.#raise({ ...evidence, ...shell });
  }

  #live(life: Evidence | undefined): Evidence | undefined {
    this.#slots = survive(this.#slots, life);
    this.#boots.live();
    this.#rumour = undefined;
    this.#up = true;
    return life;
  }

  #raise(evidence: Evidence): Evidence | undefined {
    const before = this.#slots;
    this.#slots = raise(before, evidence);
    this.#boots.sign(evidence);
    if (evidence.class === "reboot") this.#up = false;
    if (evidence.state === "stuck" && SINGLE_USER.has(evidence.class)) this.#singleUser = true;
    if (evidence.state === "healthy") return evidence;
    return before[evidence.state] === this.#slots[evidence.state] ? undefined : evidence;
  }

  get awaitsCommand(): boolean {
    return this.#quotation.awaitsCommand;
  }

  /** Notes a complete row in which no rule has a part. */
  pass(row: Row): void {
    this.#quotation.pass(row);
  }

  /** The messages of a complete row that may be evidence; what was typed at a prompt is none. */
  messages(row: Row, prompt: NamedRule | undefined, promptEnd: number): Message[] {
    const shell = prompt?.state === "healthy" && prompt.class !== "login-prompt";
    const typed = this.#quotation.rowIsTyped(row, shell);
    if (!prompt) return typed ? [] : messagesOf(row.text);
    const rest = row.text.slice(promptEnd);
    const messages = messagesOf(rest);
    const first = messages[0];
    const answer = first && first.stamp === undefined ? first.text.trim() : "";
    if (shell) {
      const kernel = messages.filter((message) => message.stamp !== undefined && !message.quoted);
      // A kernel message that broke into the line ended it: nothing was entered.
      if (kernel.length === 0) this.#quotation.command(answer);
      else this.#quotation.interrupted(answer);
      return kernel;
    }
    if (LEAVES.test(answer)) this.#leave();
    else if (first?.stamp === undefined) this.#answered();
    return messages;
  }

  /** A loader's prompt stands only while its row is open: what goes on behind it is a command, or was no prompt. */
  #answered(): void {
    const { prompt, before } = this.#waiting ?? {};
    if (prompt && LOADERS.has(prompt.class) && this.#slots.stuck === prompt)
      this.#slots = { ...this.#slots, stuck: before };
    this.#waiting = undefined;
  }

  #leave(): void {
    this.#slots = { ...this.#slots, stuck: undefined };
    this.#singleUser = false;
  }

  /** A rule matched a message of a complete row. */
  message(match: Match): readonly Evidence[] {
    const { rule, message } = match;
    if (rule.state === "healthy" && message.logged) return NONE;
    if (rule.after && !this.#stands(rule.after, match.row)) return NONE;
    if (rule.state === "crash") return this.#found(this.#crash(match));
    if (!this.#quotation.isOwn(message, match.text)) return NONE;
    const evidence = match.evidence();
    if (rule.state === "healthy") return this.#found(this.#goodNews(rule, message, evidence));
    return [...this.#proven(evidence), ...this.#found(this.#raise(this.#soberly(evidence)))];
  }

  #stands(classes: readonly string[], row: Row): boolean {
    const { crash, busy, stuck } = this.#slots;
    const rumour = this.#rumour && row.at - this.#rumour.offset <= RUMOUR_BYTES;
    if (rumour && classes.includes("panic")) return true;
    return [crash, busy, stuck].some((one) => one !== undefined && classes.includes(one.class));
  }

  /**
   * Words of loaders and rescue prompts on a host that was up: it cannot get there without a boot, which was not seen. A
   * program that somebody started prints them, or a person went there.
   */
  #soberly(evidence: Evidence): Evidence {
    if (evidence.state !== "stuck") return evidence;
    if (this.#quotation.commanded && this.#up) return { ...evidence, action: "notify" };
    return this.#up && evidence.action === "recover"
      ? { ...evidence, action: "confirm" }
      : evidence;
  }

  #crash(match: Match): Evidence | undefined {
    const evidence = match.evidence();
    switch (this.#quotation.worth(match.message, match.text, match.row, match.rule, this.#now)) {
      case "nothing":
        return undefined;
      case "note":
        return this.#raise({ ...evidence, state: "warning", action: "notify" });
      case "probe":
        return this.#raise({ ...evidence, action: "confirm" });
      case "full":
        return this.#raise(evidence);
    }
  }

  /** "panic: …" and then at once a debugger or a dump: the kernel's own. */
  #proven(evidence: Evidence): readonly Evidence[] {
    const rumour = this.#rumour;
    if (evidence.class === "panic") this.#rumour = evidence;
    else if (rumour && PROVES_PANIC.has(evidence.class)) {
      this.#rumour = undefined;
      if (evidence.class === "crash-dump" && evidence.at - rumour.offset > RUMOUR_BYTES)
        return NONE;
      const panic = { state: "crash", action: "recover" } as const;
      return this.#found(this.#raise({ ...rumour, ...panic, offset: evidence.offset }));
    }
    return NONE;
  }

  #found(evidence: Evidence | undefined): readonly Evidence[] {
    return evidence ? [evidence] : NONE;
  }

  /** Whether a rule could change anything: that one more service started ends a hold, or says nothing. */
  changes(rule: NamedRule): boolean {
    if (rule.state !== "healthy" || rule.class !== "runtime") return true;
    const { busy, stuck } = this.#slots;
    return busy !== undefined || (stuck !== undefined && rule.ends?.includes(stuck.class) === true);
  }

  #goodNews(rule: NamedRule, message: Message, evidence: Evidence): Evidence | undefined {
    if (rule.class !== "boot") return this.#done(rule, evidence);
    const { lastStamp, foreground } = this.#quotation;
    // A virtual machine that a test runs boots; the host's own boot shows by its login prompt.
    if (foreground.tests) return undefined;
    const clock = { lastStamp, now: this.#now };
    const boot = this.#boots.banner(evidence, message.stamp, clock, this.#slots, foreground);
    if (!boot) return undefined;
    this.#quotation.boots(rule);
    if (message.stamp !== undefined) this.stamp(message.stamp);
    this.#up = false;
    this.#singleUser = false;
    this.#rumour = undefined;
    const { warning } = this.#slots;
    this.#slots = {
      healthy: evidence,
      warning: warning?.class === "unexpected-reboot" ? warning : undefined,
    };
    if (boot === evidence) return evidence;
    if (boot.class === "boot-loop") this.#slots = { ...this.#slots, loop: boot };
    else this.#slots = raise(this.#slots, boot);
    return boot;
  }

  /** Work is done, or a halt that was ordered: holds fall, faults stay. */
  #done(rule: NamedRule, evidence: Evidence): Evidence | undefined {
    const { busy, stuck, warning } = this.#slots;
    if (stuck && rule.ends?.includes(stuck.class)) this.#leave();
    const halted = evidence.class === "power-off" || evidence.class === "halted";
    const recovered = halted || evidence.class === "recovered";
    this.#slots = { ...this.#slots, busy: undefined, healthy: evidence };
    if (recovered) this.#leave();
    if (halted) this.#up = false;
    if (evidence.class === "recovered") {
      this.#boots.waits();
      this.#rumour = undefined;
    }
    if (recovered && warning?.class === "panic")
      this.#slots = { ...this.#slots, warning: undefined };
    return halted || busy || (stuck && recovered) ? evidence : undefined;
  }
}
