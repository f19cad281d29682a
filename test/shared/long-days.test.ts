import { afterAll, describe, expect, test } from "vitest";
import { hours, minutes, seconds } from "../../src/lib/durations.ts";
import { Corpus, type Found, LongHost, type Manner } from "./long-days.ts";
import { sharedFolder } from "./shared-folder.ts";

/** Hours of good health; the long form is OOB_HOURS=10000, which also lives through every fault of the corpus. */
const HOURS = Number(process.env.OOB_HOURS ?? 200);
const LONG = HOURS >= 5000;
const HOST_HOURS = 100;
const FAULTS = LONG ? Number.POSITIVE_INFINITY : 40;
const MANNERS: readonly Manner[] = ["getty", "getty", "mute", "getty", "echo", "gone", "getty"];
const FAULTY: readonly Manner[] = ["getty", "getty", "mute"];
/** Bars of the whole: found is an incident, or a person who was called. */
const SOON = { within: seconds(120), share: 0.95 };
// Of some forty faults, one is more than a hundredth: the short form holds them to the bar of the first.
const LATE = { within: minutes(10), share: LONG ? 0.99 : SOON.share };

const share = (part: number, whole: number) => part / Math.max(1, whole);

function policyOf(nth: number) {
  return { silence: nth % 2 === 0 ? 0 : minutes(10) };
}

const took = new Map<string, number>();
afterAll(() => console.log([...took].map(([what, value]) => `${what}: ${value}`).join("\n")));

describe.skipIf(!sharedFolder)(
  "long days before the watchdog in mode act (skipped: set OOB_SHARED to the folder that holds corpus/)",
  () => {
    const corpus = sharedFolder ? new Corpus(`${sharedFolder}/corpus`) : undefined;

    test(`${HOURS} hours of healthy consoles: nothing is cut`, async () => {
      if (!corpus) return;
      const wrong: string[] = [];
      const pages = new Map<string, number>();
      let suspicions = 0;
      const began = process.cpuUsage();
      for (let nth = 0; nth * HOST_HOURS < HOURS; nth++) {
        const manner = MANNERS[nth % MANNERS.length] as Manner;
        const host = new LongHost(`host${nth}`, manner, policyOf(nth), corpus, 1000 + nth);
        await host.start();
        await host.lives(hours(HOST_HOURS));
        await host.end();
        if (host.cuts > 0) wrong.push(`${host.name} (${manner}): ${told(host)}`);
        for (const { text } of host.events.filter(({ type }) => type === "watch.page"))
          pages.set(text, (pages.get(text) ?? 0) + 1);
        suspicions += host.events.filter(({ type }) => type === "watch.suspect").length;
      }
      took.set("healthy hours", HOURS);
      took.set("suspicions in them", suspicions);
      for (const [text, count] of pages) took.set(`a person was called in them, ${text}`, count);
      const { user, system } = process.cpuUsage(began);
      took.set("hours in a second of CPU", Math.round(HOURS / ((user + system) / 1e6)));
      expect(wrong).toEqual([]);
    }, 3_600_000);

    test("labelled faults are found in time, and each host is cut at most once for one", async () => {
      if (!corpus) return;
      const every = Math.max(1, Math.ceil(corpus.faults.length / FAULTS));
      const chosen = corpus.faults.filter((_, nth) => nth % every === 0);
      const all: Found[] = [];
      for (const [nth, label] of chosen.entries()) {
        const host = new LongHost(
          `host${nth}`,
          FAULTY[nth % 3] as Manner,
          policyOf(nth),
          corpus,
          5000 + nth,
        );
        await host.start();
        all.push(await host.dies(label));
        await host.end();
      }
      const soon = all.filter((one) => isWithin(one.incident, SOON.within));
      const late = all.filter((one) => isWithin(one.incident, LATE.within));
      took.set("faults", all.length);
      took.set("found within 120 s", soon.length);
      took.set("found within 10 min", late.length);
      took.set("cut", all.filter((one) => one.cuts > 0).length);
      console.log(
        all
          .filter((one) => !soon.includes(one))
          .map(row)
          .join("\n"),
      );
      expect(all.filter((one) => one.cuts > 1).map(row)).toEqual([]);
      expect(share(soon.length, all.length)).toBeGreaterThanOrEqual(SOON.share);
      expect(share(late.length, all.length)).toBeGreaterThanOrEqual(LATE.share);
    }, 3_600_000);
  },
);

const isWithin = (time: number | undefined, most: number): boolean =>
  time !== undefined && time <= most;

function told(host: LongHost): string {
  const at = host.events.findIndex(({ type }) => type === "guard.permit");
  return host.events
    .slice(Math.max(0, at - 12), at + 1)
    .map(({ at: when, type, text }) => `${new Date(when).toISOString()} ${type} ${text}`)
    .join("\n");
}

function row({ label, manner, suspected, incident, dealt, cuts }: Found): string {
  const inSeconds = (time: number | undefined) =>
    time === undefined ? "never" : `${Math.round(time / 1000)} s`;
  return `${label.file} ${label.expect} (${manner}): suspected ${inSeconds(suspected)}, incident ${inSeconds(incident)}, dealt with ${inSeconds(dealt)}, ${cuts} cuts`;
}
