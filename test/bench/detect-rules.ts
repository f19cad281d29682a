import { createDetector } from "../../src/core/detect/create-detector.ts";
import type { Rule } from "../../src/sdk/rule.ts";
import type { CorpusFile } from "./detect-corpus.ts";

interface Tally {
  tried: number;
  ms: number;
  hits: number;
  files: number;
  /** Files that must not be acted upon in which it asked for an act that was taken back before the end. */
  withdrawn: number;
  /** The same, and it stood at the end: a false alarm. */
  wrong: number;
}

const ACTS = new Set(["confirm", "recover"]);

/** A pattern that counts how often it is tried, and for how long. */
class Timed extends RegExp {
  tally: Tally | undefined;

  override exec(text: string): RegExpExecArray | null {
    const start = performance.now();
    const match = super.exec(text);
    if (this.tally) {
      this.tally.tried++;
      this.tally.ms += performance.now() - start;
    }
    return match;
  }
}

/** Plays the corpus and prints, for each rule: tries, hits, files, wrong hits, and what it costs. */
export function printRules(rules: readonly Rule[], corpus: readonly CorpusFile[]): void {
  const tallies = new Map<string, Tally>();
  const timed = rules.map((rule, i): Rule => {
    const tally: Tally = { tried: 0, ms: 0, hits: 0, files: 0, withdrawn: 0, wrong: 0 };
    tallies.set(rule.id ?? `unnamed/${i}`, tally);
    const pattern = new Timed(rule.pattern.source, rule.pattern.flags);
    pattern.tally = tally;
    return { ...rule, pattern };
  });
  for (const file of corpus) play(timed, file, tallies);
  const megabytes = corpus.reduce((sum, { bytes }) => sum + bytes.length, 0) / 1e6;
  console.log(`${"rule".padEnd(30)} ${"tried  hits files withdrawn wrong  µs/MB".padStart(44)}`);
  const rows = [...tallies].sort(([a, x], [b, y]) => y.hits - x.hits || a.localeCompare(b));
  for (const [id, { tried, ms, hits, files, withdrawn, wrong }] of rows)
    console.log(
      id.padEnd(30) +
        cell(tried, 7) +
        cell(hits, 6) +
        cell(files, 6) +
        cell(withdrawn, 10) +
        cell(wrong, 6) +
        cell((ms * 1000) / megabytes, 7),
    );
  const unseen = rows.filter(([, { hits }]) => hits === 0).length;
  console.log(
    `${corpus.length} files, ${megabytes.toFixed(1)} MB; ${unseen} of ${rows.length} rules met nothing here`,
  );
}

function play(rules: readonly Rule[], file: CorpusFile, tallies: ReadonlyMap<string, Tally>): void {
  const detector = createDetector(rules);
  const events = [...detector.see(file.bytes, 0), ...detector.pending];
  const acts = ACTS.has(detector.opinion.action);
  for (const id of new Set(events.map((event) => event.rule))) {
    const tally = tallies.get(id);
    if (!tally) continue;
    const own = events.filter((event) => event.rule === id);
    tally.files++;
    tally.hits += own.length;
    if (!file.must_not_act || !own.some((event) => ACTS.has(event.action))) continue;
    if (acts) tally.wrong++;
    else tally.withdrawn++;
  }
}

const cell = (figure: number, width: number) => figure.toFixed(0).padStart(width);
