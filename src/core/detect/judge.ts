import type { Evidence } from "../../sdk/rule.ts";
import type { ScreenMode } from "./escape-scanner.ts";
import { type Foreground, foregroundOf } from "./foreground.ts";
import type { Row } from "./line-view.ts";
import { type Message, messagesOf } from "./message.ts";
import type { NamedRule } from "./rule-set.ts";
import { raise, type Slots, standing, survive } from "./slots.ts";

/** Boots of one kind without a sign of life between them that make a boot loop. */
const LOOP_BOOTS = 3;
/** A host's clock that is this much earlier than before tells a replay; CPUs disagree by less. */
const REPLAY_SECONDS = 2;
/** Kernels replay their first messages when a console comes up: a second banner this early is the same boot. */
const SAME_BOOT_SECONDS = 3;
const MAX_TYPED = 512;
/** A match shorter than this is not looked up in what was typed. */
const MIN_TYPED_MATCH = 4;

/** Classes after which a root shell is no sign of health: the system is not up. */
const SINGLE_USER = new Set(["single-user-prompt", "emergency-shell", "fsck-prompt"]);

/** Answers to a loader, debugger or rescue prompt that leave it. */
const LEAVES =
  /^(?:boot\w*|run \w|normal|exit|quit|reset(?:-all)?|reboot|c|continue|go|linux\w* |chain\w*|systemctl (?:default|reboot)|init [2-6])\b/;

/**
 * Holds an opinion about one host. Evidence raises it; signs of life (a prompt, a new boot) withdraw it; text that is
 * quoted (a pager, a log of another time or host, an echo) hardly counts. Knows nothing of time but the host's stamps.
 */
export class Judge {
  #slots: Slots = {};
  readonly #modes: Record<ScreenMode, boolean> = { alternate: false, keys: false, reset: false };
  #foreground: Foreground | undefined;
  /** Rule of the shell prompt behind which the foreground command was typed. */
  #shell: NamedRule | undefined;
  #atPrompt = false;
  #singleUser: string | undefined;
  #lastStamp = 0;
  #boots = new Map<string, number>();
  /** Something happened since the last banner: another banner is another boot. */
  #stirred = true;
  /** The row so far was typed at a prompt and goes on behind a carriage return. */
  #typing = false;
  #typed = "";

  /** A judge that thinks the same: to try what an unfinished row would mean. */
  copy(): Judge {
    const copy = new Judge();
    copy.#slots = this.#slots;
    Object.assign(copy.#modes, this.#modes);
    copy.#foreground = this.#foreground;
    copy.#shell = this.#shell;
    copy.#atPrompt = this.#atPrompt;
    copy.#singleUser = this.#singleUser;
    copy.#lastStamp = this.#lastStamp;
    copy.#boots = new Map(this.#boots);
    copy.#stirred = this.#stirred;
    copy.#typing = this.#typing;
    copy.#typed = this.#typed;
    return copy;
  }

  get slots(): Slots {
    return this.#slots;
  }

  get standing(): Evidence | undefined {
    return standing(this.#slots);
  }

  /** What a person would call the screen when nothing is wrong: a pager or an editor left open is no login prompt. */
  get healthyClass(): string | undefined {
    if (!this.#modes.alternate && !this.#modes.keys) return undefined;
    const kind = this.#foreground?.kind;
    return kind === "pager" || kind === "editor" ? kind : "fullscreen";
  }

  stamp(seconds: number): void {
    if (seconds > this.#lastStamp) this.#lastStamp = seconds;
  }

  mode(mode: ScreenMode, on: boolean): void {
    if (mode !== "reset") this.#modes[mode] = on;
    else this.#plainScreen();
  }

  typed(text: string): void {
    this.#typed = (this.#typed + text).slice(-MAX_TYPED);
  }

  gap(): void {
    this.#lastStamp = 0;
    this.#typing = false;
  }

  /** A prompt stands at the end of the output. */
  prompt(rule: NamedRule, evidence: Evidence, row: Row): Evidence | undefined {
    const shown = this.#modes.alternate || row.moved || this.#modes.keys;
    if (rule.class === "login-prompt" && !row.moved) {
      this.#plainScreen();
      this.#singleUser = undefined;
      this.#lastStamp = 0;
      return this.#alive(evidence);
    }
    if (shown && this.#foreground) return undefined;
    if (rule.state === "healthy") return row.moved ? undefined : this.#shellPrompt(rule, evidence);
    return this.#raise(evidence);
  }

  #shellPrompt(rule: NamedRule, evidence: Evidence): Evidence | undefined {
    // Inside `cat`, "# " and "$ " are text; the prompt that opened the command closes it.
    if (this.#foreground?.shows && this.#shell && this.#shell.id !== rule.id) return undefined;
    this.#shell = rule;
    this.#foreground = undefined;
    this.#atPrompt = true;
    if (!this.#singleUser) return this.#alive(evidence);
    if (this.#slots.stuck?.class === "emergency-shell") return this.#raise(evidence);
    return this.#raise({
      ...evidence,
      state: "stuck",
      class: "single-user-shell",
      action: "confirm",
    });
  }

  #plainScreen(): void {
    this.#modes.alternate = false;
    this.#modes.keys = false;
    this.#foreground = undefined;
    this.#shell = undefined;
    this.#atPrompt = false;
  }

  #alive(evidence: Evidence): Evidence {
    this.#slots = survive(this.#slots, evidence);
    this.#boots.clear();
    this.#stirred = true;
    return evidence;
  }

  #raise(evidence: Evidence): Evidence | undefined {
    const before = this.#slots;
    this.#slots = raise(before, evidence);
    this.#stirred = true;
    if (evidence.state === "stuck" && SINGLE_USER.has(evidence.class))
      this.#singleUser = evidence.class;
    const slot = evidence.state;
    return slot === "healthy" || before[slot] !== this.#slots[slot] ? evidence : undefined;
  }

  /** The messages of a complete row that may be evidence, with what was typed at a prompt taken out. */
  messages(row: Row, prompt: NamedRule | undefined, promptEnd: number): Message[] {
    const wasTyping = this.#typing && row.returned;
    const rest = prompt ? row.text.slice(promptEnd) : row.text;
    const shell = prompt?.state === "healthy" && prompt.class !== "login-prompt";
    this.#typing = (wasTyping || shell) && rest.endsWith(" ");
    if (!prompt) return wasTyping ? [] : messagesOf(row.text);
    const messages = messagesOf(rest);
    const kernel = messages.filter((message) => message.stamp !== undefined && !message.quoted);
    const typedText = (messages[0]?.stamp === undefined ? messages[0]?.text : "")?.trim() ?? "";
    if (shell) this.#command(typedText);
    else if (LEAVES.test(typedText)) this.#answered();
    const glued =
      shell || rest.startsWith(" ") ? [] : messages.filter((m) => m.stamp === undefined);
    return [...glued, ...kernel];
  }

  #command(command: string): void {
    if (command === "") return;
    this.#atPrompt = false;
    this.#foreground = foregroundOf(command);
  }

  #answered(): void {
    this.#slots = { ...this.#slots, stuck: undefined };
    this.#singleUser = undefined;
  }

  /** A rule matched a message of a complete row. */
  message(
    rule: NamedRule,
    message: Message,
    matched: string,
    evidence: Evidence,
    row: Row,
  ): Evidence | undefined {
    if (this.#isTyped(matched)) return undefined;
    const shown = this.#modes.alternate || (this.#modes.keys && !this.#atPrompt);
    const foreign = message.quoted || (shown && this.#foreground !== undefined);
    if (rule.state === "healthy") {
      if (foreign || this.#foreground?.shows || message.logged) return undefined;
      return rule.class === "boot" ? this.#boot(rule, message, evidence) : this.#done(evidence);
    }
    if (foreign || (rule.state === "crash" && (row.moved || shown))) return undefined;
    const replayed =
      message.stamp !== undefined && message.stamp < this.#lastStamp - REPLAY_SECONDS;
    if (!this.#foreground?.shows && !replayed) return this.#raise(evidence);
    // A live message may come while `tail -f` runs: worth a note, never an act.
    if (rule.state !== "crash") return undefined;
    return this.#raise({ ...evidence, state: "warning", action: "notify" });
  }

  #isTyped(matched: string): boolean {
    return matched.length >= MIN_TYPED_MATCH && this.#typed.includes(matched);
  }

  /** Work is done, or a halt that was ordered: holds fall, faults stay. */
  #done(evidence: Evidence): Evidence | undefined {
    const { busy, stuck } = this.#slots;
    const ended = evidence.class === "power-off" || evidence.class === "halted";
    const before = this.#slots;
    this.#slots = { ...before, busy: undefined, healthy: evidence };
    if (ended || evidence.class === "recovered") {
      this.#slots = { ...this.#slots, stuck: undefined };
      this.#singleUser = undefined;
    }
    return ended || busy || (stuck && evidence.class === "recovered") ? evidence : undefined;
  }

  #boot(rule: NamedRule, message: Message, evidence: Evidence): Evidence | undefined {
    const early = message.stamp !== undefined && this.#lastStamp < SAME_BOOT_SECONDS;
    if (early && !this.#stirred && this.#slots.healthy?.rule === rule.id) return undefined;
    const boots = (this.#boots.get(rule.id) ?? 0) + 1;
    this.#boots.set(rule.id, boots);
    const surprise = this.#lastStamp > 0 && this.#slots.healthy?.rule === rule.id && !this.#stirred;
    this.#plainScreen();
    this.#singleUser = undefined;
    this.#lastStamp = 0;
    this.#stirred = false;
    this.#slots = { healthy: evidence };
    if (boots >= LOOP_BOOTS) return this.#looping(evidence, boots);
    if (surprise) this.#slots = raise(this.#slots, this.#unexpected(evidence));
    return surprise ? this.#unexpected(evidence) : evidence;
  }

  #unexpected(evidence: Evidence): Evidence {
    const means = "the host started again without having said why";
    return { ...evidence, means, state: "warning", class: "unexpected-reboot", action: "notify" };
  }

  #looping(evidence: Evidence, boots: number): Evidence {
    const means = `the host started ${boots} times and never came up`;
    const loop: Evidence = {
      ...evidence,
      means,
      state: "stuck",
      class: "boot-loop",
      action: "recover",
    };
    this.#slots = { ...this.#slots, loop };
    return loop;
  }
}
