import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { mayCut } from "../../src/core/policy/classes.ts";
import { minutes, seconds } from "../../src/lib/durations.ts";
import { type Answers, capturePieces, type Played, piecesOf, play } from "./replay.ts";
import { sharedFolder } from "./shared-folder.ts";

/** A line of the corpus' labels, as far as it is used here; corpus/README.md names the fields. */
interface Label {
  readonly file: string;
  readonly expect: string;
  readonly action: "none" | "notify" | "hold" | "confirm" | "recover";
  readonly must_not_act: boolean;
  readonly times?: string;
}

interface Run {
  readonly name: string;
  readonly answers: Answers;
  readonly silence: number;
  readonly played: Played;
}

const SILENCES = [0, minutes(5)];
/** Longer than a host is given that said that it reboots itself, and than a survivable fault is. */
const THEN = minutes(30);

/** Certain to be dead, and yet only paged: panics behind `tail`, which shows text of elsewhere, where nobody ever answered. */
const PAGED_ONLY = [
  "linux/q-run-oom-no-killable-panic.log",
  "linux/q-run-oom-panic-sysctl.log",
  // A shutdown that hangs: user space is gone by then in a sound one as well, so no probe can prove it.
  "linux/q-run-shutdown-hang.log",
];
/** A loop by its label; each boot ends in a panic that halts, and so does the recording. Cut once, not again. */
const HALTS_IN_LOOP = "linux/logspec-boot-002.log";
/** A crash whose class at the end is one that a cut does not mend: the kernel's debugger has taken over. */
const inDebugger = ({ pages }: Played) => pages.some((text) => /does not mend/.test(text));

const corpus = `${sharedFolder}/corpus`;
const labels: readonly Label[] = sharedFolder
  ? readFileSync(`${corpus}/labels.jsonl`, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
  : [];

async function runs(of: readonly Label[], answers: Answers, silences = SILENCES): Promise<Run[]> {
  const all: Run[] = [];
  for (const label of of) {
    const times = label.times && readFileSync(`${corpus}/${label.times}`, "utf8");
    const pieces = piecesOf(readFileSync(`${corpus}/${label.file}`), times);
    for (const silence of silences) {
      const played = await play(pieces, { policy: { silence }, answers, after: THEN });
      all.push({ name: label.file, answers, silence, played });
    }
  }
  return all;
}

const cut = (all: readonly Run[]) => all.filter(({ played }) => played.cuts.length > 0);
const named = (all: readonly Run[]) => all.map((one) => `${one.name} silence ${one.silence}`);

function row(title: string, all: readonly Run[], wrong: number, missed: number): string {
  const times = cut(all)
    .map(({ played }) => played.cuts[0] ?? 0)
    .sort((a, b) => a - b);
  const median = times[times.length >> 1];
  const paged = all.filter(({ played }) => played.pages.length > 0).length;
  const cells = [all.length, times.length, wrong, missed, paged].map((n) => `${n}`.padStart(7));
  const time = median === undefined ? "-" : `${Math.round(median / 1000)} s`;
  return `${title.padEnd(44)}${cells.join("")}${time.padStart(8)}`;
}

const HEAD = `${"played".padEnd(44)}   runs    cut  wrong missed  paged  median`;

describe.skipIf(!sharedFolder)(
  "recordings played to the watchdog in mode act (skipped: set OOB_SHARED to the folder that holds corpus/ and captures/)",
  () => {
    test("a host that is well, warned or at work is never cut", async () => {
      const sound = labels.filter((label) => label.must_not_act);
      const answering = await runs(sound, "prompt");
      const echoing = await runs(sound, "echo");
      // Without silence as evidence not even a console that answers nothing may cost a sound host its power.
      const mute = await runs(sound, "nothing", [0]);
      const table = [
        HEAD,
        row("must not act, answers", answering, cut(answering).length, 0),
        row("must not act, only echoes", echoing, cut(echoing).length, 0),
        row("must not act, answers nothing, silence 0", mute, cut(mute).length, 0),
      ];
      console.log(table.join("\n"));
      expect(named(cut([...answering, ...echoing, ...mute]))).toEqual([]);
    });

    test("what is certainly dead is cut once, and never where it answers", async () => {
      const dead = labels.filter((label) => label.action === "recover");
      const mends = dead.filter((label) => mayCut(label.expect.split(":")[1] ?? ""));
      const leaves = dead.filter((label) => !mends.includes(label));
      const silent = await runs(mends, "nothing");
      const answering = await runs(dead, "prompt");
      const left = await runs(leaves, "nothing");
      const twice = silent.filter(({ played }) => played.cuts.length > 1);
      const uncut = silent.filter(({ played }) => played.cuts.length === 0);
      const missed = uncut.filter(
        (one) => !(PAGED_ONLY.includes(one.name) || inDebugger(one.played)),
      );
      const table = [
        HEAD,
        row("recover, a cut mends it, dead", silent, twice.length, uncut.length),
        row("recover, a cut does not mend it, dead", left, 0, 0),
        row("recover, but answers", answering, cut(answering).length, 0),
      ];
      console.log(table.join("\n"));
      expect(named(twice)).toEqual([]);
      expect(named(missed)).toEqual([]);
      expect(named(uncut.filter(({ played }) => played.pages.length === 0))).toEqual([]);
      expect(named(cut(left).filter(({ name }) => name !== HALTS_IN_LOOP))).toEqual([]);
      expect(left.every(({ played }) => played.cuts.length <= 1)).toBe(true);
      expect(named(left.filter(({ played }) => played.pages.length === 0))).toEqual([]);
      expect(named(cut(answering))).toEqual([]);
      const early = silent.filter(({ played }) => (played.cuts[0] ?? THEN) < seconds(35));
      expect(named(early)).toEqual([]);
    });

    test("what a host may survive is cut only where it used to answer and no longer does", async () => {
      const doubtful = labels.filter((label) => label.action === "confirm");
      const answering = await runs(doubtful, "prompt");
      const echoing = await runs(doubtful, "echo");
      const silent = await runs(doubtful, "nothing");
      const asks = ({ name }: Run) => readFileSync(`${corpus}/${name}`).includes("login: ");
      const wrong = cut(silent).filter((one) => !asks(one));
      const untold = silent.filter(
        ({ played, silence }) =>
          silence > 0 && played.cuts.length === 0 && played.pages.length === 0,
      );
      const table = [
        HEAD,
        row("confirm, answers", answering, cut(answering).length, 0),
        row("confirm, only echoes", echoing, cut(echoing).length, 0),
        row("confirm, dead", silent, wrong.length, untold.length),
      ];
      console.log(table.join("\n"));
      expect(named(cut([...answering, ...echoing]))).toEqual([]);
      expect(named(wrong)).toEqual([]);
      expect(named(untold)).toEqual([]);
    });

    test("captures at their own pace: only what died is cut, once", async () => {
      const folder = `${sharedFolder}/captures`;
      const names = readdirSync(folder)
        .filter((file) => file.endsWith(".raw"))
        .map((file) => file.slice(0, -".raw".length));
      const deaths = ["debian-panic", "init-shell-exit", "no-root", "panic-sysrq"];
      const table: string[] = [HEAD];
      const wrong: Run[] = [];
      for (const [answers, silence] of [
        ["nothing", 0],
        ["echo", minutes(5)],
        ["prompt", minutes(5)],
      ] as const) {
        const all: Run[] = [];
        for (const name of names) {
          const policy = { silence };
          const played = await play(capturePieces(folder, name), { policy, answers, after: THEN });
          all.push({ name, answers, silence, played });
        }
        const due = (one: Run) => (answers === "nothing" && deaths.includes(one.name) ? 1 : 0);
        const bad = all.filter((one) => one.played.cuts.length !== due(one));
        const missed = bad.filter((one) => one.played.cuts.length < due(one));
        table.push(
          row(
            `captures, ${answers}, silence ${silence / 60_000} min`,
            all,
            bad.length - missed.length,
            missed.length,
          ),
        );
        wrong.push(...bad);
      }
      const frozen = capturePieces(folder, "frozen");
      const policy = { silence: minutes(5) };
      const still = await play(frozen, { policy, answers: "nothing", after: THEN });
      console.log(table.join("\n"));
      expect(named(wrong)).toEqual([]);
      // Silence after a login prompt at which nobody was seen to answer: a person is asked.
      expect(still.cuts).toEqual([]);
      expect(still.pages.join()).toMatch(/asking to cycle its outlets/);
    });
  },
);
