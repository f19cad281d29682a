import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AnchorLedger } from "../../../src/core/anchor/anchor-ledger.ts";
import { hours, minutes } from "../../../src/lib/durations.ts";
import { SigningSite } from "./anchor-kit.ts";

const newFolder = () => mkdtempSync(join(tmpdir(), "oob-ledger-"));

/** A ledger that knows the keys of a site. */
function ledgerOf(site: SigningSite, folder = newFolder()) {
  const ledger = new AnchorLedger({ folder, clock: site.clock });
  ledger.take(site.keys);
  return {
    ...{ folder, ledger },
    take: (...lines: string[]) => {
      const { alarms, ...rest } = ledger.take(lines);
      return { ...rest, alarms: alarms.map(({ text }) => text) };
    },
    file: (log: string) => {
      const path = join(folder, site.site, `${log}.anchor`);
      return existsSync(path) ? readFileSync(path, "utf8") : "";
    },
  };
}

describe("AnchorLedger", () => {
  it("keeps each checkpoint once, with whatever a receiver put before it", () => {
    const site = new SigningSite();
    const { take, file } = ledgerOf(site);
    const [one, two] = [site.sign("web1", 5), site.sign("web1", 9)];
    expect(take(`<29>1 2026 box oob - - - ${one}\r`, "something else", two, one)).toEqual({
      ...{ kept: 2, known: 1, damaged: 0, alarms: [], news: [] },
    });
    expect(file("web1")).toBe(`${one}\n${two}\n`);
  });

  it("finds a log that went backwards, and one that is two, also after a restart; it keeps the proof", () => {
    const site = new SigningSite();
    const { take, file, folder } = ledgerOf(site);
    take(site.sign("web1", 10), site.sign("web1", 20), site.sign("db1", 5));
    expect(take(site.sign("web1", 12)).alarms).toEqual([
      "it went backwards: 12 entries, and 20 were known",
    ]);
    const again = ledgerOf(site, folder);
    const other = site.sign("web1", 20, { hash: "ab".repeat(32) });
    expect(again.take(other).alarms).toEqual([
      "there are two logs with 20 entries: their hashes differ",
    ]);
    expect(file("web1").split("\n")).toHaveLength(5);
    expect(again.take(site.sign("db1", 6)).alarms).toEqual([]);
    expect(readFileSync(join(folder, "alarms"), "utf8")).toMatch(
      /^2026-11-22T12:00:00.000Z ALARM web1@[0-9a-f]{16}: it went backwards.*\n.* two logs .*\n$/,
    );
  });

  it("tells the same alarm of the same log again only later, with how many there were", async () => {
    const site = new SigningSite();
    const { take } = ledgerOf(site);
    take(site.sign("web1", 100));
    expect(take(site.sign("web1", 1)).alarms).toHaveLength(1);
    expect(take(site.sign("web1", 2), site.sign("web1", 3)).alarms).toEqual([]);
    await site.clock.advance(minutes(10));
    expect(take(site.sign("web1", 4)).alarms).toEqual([
      "it went backwards: 4 entries, and 100 were known; 2 more like it since the last",
    ]);
  });

  it("keeps no proof whose alarm it could not write: it would be known, and alarm no more", () => {
    const site = new SigningSite();
    const { take, file, folder } = ledgerOf(site);
    take(site.sign("web1", 20));
    const back = site.sign("web1", 12);
    mkdirSync(join(folder, "alarms"));
    // The second of the same log makes it write the first in between.
    for (const lines of [[back], [back, site.sign("web1", 13)]]) {
      expect(() => take(...lines)).toThrow(/Cannot keep/);
      expect(file("web1").split("\n")).toHaveLength(2);
    }
    rmdirSync(join(folder, "alarms"));
    const alarms = ["it went backwards: 12 entries, and 20 were known"];
    expect(take(back).alarms).toEqual(alarms);
    expect(take(back)).toMatchObject({ known: 1, alarms: [] });
  });

  it("does not grow by what nobody signed: one alarm for all logs that a stranger makes up", () => {
    const site = new SigningSite();
    const { take, folder } = ledgerOf(site);
    const forged = (n: number) => site.sign("web1", n).replace("web1@", `made-up-${n}@`);
    const alarms = Array.from({ length: 50 }, (_, n) => take(forged(n)).alarms).flat();
    expect(alarms).toEqual(["it is not signed by key 1"]);
    expect(readFileSync(join(folder, "alarms"), "utf8").split("\n")).toHaveLength(2);
  });

  it("follows the keys from the first one known, and nobody else's", async () => {
    const site = new SigningSite();
    const { take, file, ledger } = ledgerOf(site);
    take(site.sign("web1", 1));
    const [first = ""] = site.keys;
    await site.clock.advance(hours(24));
    const second = site.sign("web1", 2);
    expect(take(second).alarms).toEqual([
      expect.stringMatching(/signed by key 2, which is not known/),
    ]);
    expect(take(...site.keys, second)).toMatchObject({ kept: 1, alarms: [] });
    await site.clock.advance(hours(24));
    site.sign("web1", 3);
    await site.clock.advance(hours(24));
    site.sign("web1", 4);
    const fourth = site.keys[3] ?? "";
    expect(take(fourth).alarms).toEqual([expect.stringMatching(/key 4 came, and key 3 did not/)]);
    expect(take(...site.keys).alarms).toEqual([]);
    // Somebody else's keys under this site's name.
    const thief = new SigningSite();
    const forged = thief.keys[0]?.replace(thief.site, site.site) ?? "";
    expect(take(forged).alarms).toEqual(["there is another key number 1"]);
    const signed = thief.sign("web1", 99).replaceAll(thief.site, site.site);
    expect(take(signed).alarms).toEqual(["it is not signed by key 1"]);
    expect(file("web1")).not.toContain(" 99 ");
    expect(ledger.take([first]).known).toBe(1);
  });

  it("believes the first key that comes of a site, or those that were given alone", () => {
    const [site, other] = [new SigningSite(), new SigningSite()];
    const late = new AnchorLedger({ folder: newFolder(), clock: site.clock });
    expect(late.take([site.sign("web1", 1)]).alarms).toMatchObject([
      { text: "a checkpoint of a site of which no key is known" },
    ]);
    expect(late.take(site.keys).news).toEqual([
      expect.stringMatching(
        `^site ${site.site}, first key known ed25519:[0-9a-f]{64} \\(number 1\\)$`,
      ),
    ]);
    const key = `ed25519:${site.keys[0]?.split(" ")[4]}`;
    const strict = new AnchorLedger({ folder: newFolder(), clock: site.clock, keys: [key] });
    expect(strict.take([...other.keys, other.sign("web1", 1)])).toMatchObject({
      ...{ kept: 0, alarms: [{ origin: other.site }] },
    });
    expect(strict.take([...site.keys, site.sign("web1", 1)])).toMatchObject({
      kept: 1,
      alarms: [],
    });
  });

  it("alarms when a key of before signs again: it was to be erased", async () => {
    const site = new SigningSite();
    const { take } = ledgerOf(site);
    const old = site.sign("web1", 50);
    await site.clock.advance(hours(24));
    const fresh = site.sign("web1", 40);
    expect(take(...site.keys, fresh, old).alarms).toEqual([
      "it is signed by key 1, and key 2 signed before",
    ]);
  });

  it("goes on behind a line that was cut short, and says what it cannot write", () => {
    const site = new SigningSite();
    const { take, file, folder } = ledgerOf(site);
    take(site.sign("web1", 1));
    const path = join(folder, site.site, "web1.anchor");
    writeFileSync(path, file("web1").slice(0, -30));
    const next = site.sign("web1", 2);
    expect(take(next)).toMatchObject({ kept: 1, alarms: [] });
    expect(file("web1").endsWith(`\n${next}\n`)).toBe(true);
    expect(() => new AnchorLedger({ folder: path, clock: site.clock })).toThrow(/Cannot keep/);
  });

  it("keeps nothing that nobody signed, whatever comes, and never throws", () => {
    const site = new SigningSite();
    const lines = [...site.keys, site.sign("web1", 1), site.sign("web1", 2), site.sign("..", 3)];
    const good = new Set(lines);
    const word = fc.constantFrom(...lines);
    const hurt = fc
      .tuple(word, fc.nat(400), fc.constantFrom("0", "f", " ", "\n", "9"))
      .map(([line, at, char]) => line.slice(0, at) + char + line.slice(at + 1));
    const input = fc.array(fc.oneof(word, hurt, fc.string({ maxLength: 40 })), { maxLength: 8 });
    fc.assert(
      fc.property(input, (all) => {
        const folder = newFolder();
        const ledger = new AnchorLedger({ folder, clock: site.clock });
        ledger.take(all);
        for (const log of ["web1", ".."]) {
          const path = join(folder, site.site, `${log}.anchor`);
          if (!existsSync(path)) continue;
          for (const line of readFileSync(path, "utf8").split("\n").slice(0, -1))
            expect(good.has(line)).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });
});
