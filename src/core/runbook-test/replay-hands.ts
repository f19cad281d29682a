import { createHash } from "node:crypto";
import { ConsoleText } from "../../codec/console-text.ts";
import { utf8 } from "../../lib/bytes.ts";
import type { Millis } from "../../lib/clock.ts";
import { minutes, seconds } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import type { OptionValues } from "../../sdk/options.ts";
import type { ConsoleHands, PartResult, RunbookHands } from "../../sdk/runbook.ts";
import { type Answer, commandKey, type Recording } from "./recording.ts";
import { type Player, tookOf, type Variant } from "./variants.ts";

/** What one playing is made of. */
export interface Replay {
  readonly recording: Recording;
  readonly variant: Variant;
  readonly player: Player;
  readonly options: OptionValues;
  readonly part: RunbookHands["part"];
}

/** What was asked for and stands in no recording. */
export interface Heard {
  readonly missing: string[];
  readonly acts: string[];
  sections: number;
}

/** Hands at a recorded host: nothing is opened, typed or run anywhere, and no time goes by. */
export function replayHands(replay: Replay, heard: Heard): RunbookHands {
  const { recording, options, part } = replay;
  const { host: name, os, user } = recording;
  let { power } = recording;
  const switched = async (to: "on" | "off") => {
    power = to;
    return { power: to, verified: true };
  };
  const section = () => {
    heard.sections++;
  };
  return {
    host: { name, os, user },
    console: consoleHands(replay, heard),
    power: {
      read: async () => power,
      on: () => switched("on"),
      off: () => switched("off"),
      cycle: () => switched("on"),
    },
    boot: { intercept: async () => "the recorded boot loader", firmware: new Map() },
    options,
    dryRun: false,
    now: () => 0,
    secret: async () => "recorded",
    note: section,
    step: (_name, work) => work(),
    act: (what, change) => {
      heard.acts.push(what);
      return change();
    },
    done: () => false,
    identify: async () => ({
      uid: 0,
      hostname: name,
      system: os.startsWith("linux") ? "Linux" : os,
    }),
    memory: { recall: async () => undefined, remember: async () => {} },
    report: { text: section, table: section, news: section },
    part,
    signal: new AbortController().signal,
  };
}

function consoleHands(replay: Replay, heard: Heard): ConsoleHands {
  const { recording, variant, player } = replay;
  const said = new ConsoleText();
  const times = new Map<string, number>();
  /** The next answer of a list; the last one for ever. */
  const nextOf = <T>(key: string, list: readonly T[]): T | undefined => {
    const n = times.get(key) ?? 0;
    times.set(key, n + 1);
    return list[Math.min(n, list.length - 1)];
  };
  const ask = (command: string, proven: boolean, within: Millis): Answer => {
    const key = commandKey(command);
    const answers = recording.commands.get(key) ?? recording.commands.get("*") ?? [];
    const found = nextOf(`$ ${key}`, answers);
    if (found === undefined) {
      heard.missing.push(key);
      return player.play({ output: "sh: not in the recording\n", status: 127 }, proven);
    }
    const answer = player.play(found, proven);
    if (tookOf(variant, answer) > within)
      throw late(recording.host, `the end of "${printable(key, 60)}"`);
    return answer;
  };
  const send = async (text: string): Promise<void> => {
    const typed = text.replace(/\r$/, "");
    const answer = nextOf(`> ${typed}`, recording.typed.get(typed) ?? []);
    if (answer !== undefined)
      said.add(utf8(player.play({ output: answer, status: 0 }, false).output));
  };
  return {
    send,
    type: send,
    sendBreak: () => send("BREAK"),
    async expect(patterns, _within, what) {
      const wanted = patterns instanceof RegExp ? [patterns] : patterns;
      const found = said.find(wanted);
      if (found === undefined)
        throw late(recording.host, what ?? wanted.map(({ source }) => `/${source}/`).join(" or "));
      said.take(found);
      return found;
    },
    settle: async () => {},
    screen: async () => screenOf(said),
    async untilScreen(is, _within, what) {
      const screen = screenOf(said);
      if (is(screen)) return screen;
      throw late(recording.host, what);
    },
    login: async () => {},
    async run(command, within = seconds(30)) {
      return ask(command, false, within);
    },
    async capture(script, { within = minutes(10) } = {}) {
      const { output: text, status } = ask(script, true, within);
      const bytes = utf8(text);
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      return { status, text, bytes, sha256, wire: bytes.length, resent: 0, tookMs: 1 };
    },
    tidy: async () => {},
    lastly: () => () => undefined,
    put: async (path) => {
      heard.acts.push(`put ${path}`);
    },
    async choose(entry) {
      const screen = screenOf(said);
      if (screen.rows.some((row) => entry.test(row))) return screen;
      throw late(recording.host, `a menu with /${entry.source}/`);
    },
  };
}

const ROWS = 24;

function screenOf(said: ConsoleText) {
  const rows = said.tail(4096).split("\n").slice(-ROWS);
  return { rows, cursor: { row: rows.length - 1, column: (rows.at(-1) ?? "").length } };
}

const late = (host: string, what: string): OobError =>
  new OobError("EXPECT_TIMEOUT", `Cannot go on at ${host}: waited for ${what}`, {
    hint: "It does not stand in the recording, or did not come in time",
  });

/** What another runbook came to, run as a part. */
export const partFailed = (text: string): PartResult => ({ verdict: "failed", text, sections: [] });
