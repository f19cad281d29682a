import { mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { parseCheckpoint } from "../../../src/codec/checkpoint.ts";
import type { NewEvent } from "../../../src/core/audit/audit.ts";
import { createLogCare } from "../../../src/core/log/create-log-care.ts";
import { listSegments } from "../../../src/core/log/log-folder.ts";
import { packLogs } from "../../../src/core/log/log-packer.ts";
import { anchorFile, anchorFolder } from "../../../src/core/seal/anchored.ts";
import { anchoredSegments } from "../../../src/core/seal/anchored-segments.ts";
import { hours, seconds } from "../../../src/lib/durations.ts";
import { type SealKit, sealKit } from "./seal-kit.ts";

let kit: SealKit;
let stems: readonly string[];
beforeEach(async () => {
  kit = sealKit({ segmentBytes: 10 });
  const log = kit.open();
  for (const text of ["first one", "second one", "third one", "fourth one"]) {
    log.append(Buffer.from(text));
    await log.sync(true);
    log.mark("note", "under a checkpoint of its own");
    await log.sync(true);
    await kit.clock.advance(seconds(2));
  }
  await log.close();
  stems = listSegments(kit.folder);
});

/** All checkpoints of a segment, oldest first. */
const pointsOf = (stem: string) =>
  readFileSync(join(kit.folder, `${stem}.cp`), "latin1")
    .trim()
    .split("\n")
    .map((line) => parseCheckpoint(line))
    .filter((point) => point !== undefined);

function anchor(name: string, point: object): void {
  mkdirSync(anchorFolder(kit.state), { recursive: true });
  const logs = { web1: { ...point, deliveredAt: 1 } };
  writeFileSync(anchorFile(kit.state, name), JSON.stringify({ v: 1, site: "s", keys: 1, logs }));
}

const anchored = () => [...anchoredSegments(kit.state, kit.folder)];

describe("anchoredSegments()", () => {
  it("are those before the one of the checkpoint, and that one where it is covered to its end", () => {
    expect(anchored()).toEqual([]);
    const points = pointsOf(stems[1] ?? "");
    expect(points.length).toBeGreaterThan(1);
    anchor("loghost", points[0] ?? {});
    expect(anchored()).toEqual(stems.slice(0, 1));
    anchor("printer", points.at(-1) ?? {});
    expect(anchored()).toEqual(stems.slice(0, 2));
  });

  it("takes no checkpoint of a log that was begun anew under the same name, and asks the next anchor then", () => {
    const last = pointsOf(stems[3] ?? "").at(-1) ?? {};
    anchor("loghost", { ...last, hash: "ab".repeat(32) });
    expect(anchored()).toEqual([]);
    anchor("loghost", { ...last, segment: "20991122T101500Z" });
    expect(anchored()).toEqual([]);
    anchor("printer", pointsOf(stems[0] ?? "").at(-1) ?? {});
    expect(anchored()).toEqual(stems.slice(0, 1));
  });

  it("does not take a segment for covered whose timeline is torn or gone", () => {
    anchor("loghost", pointsOf(stems[2] ?? "").at(-1) ?? {});
    expect(anchored()).toEqual(stems.slice(0, 3));
    truncateSync(join(kit.folder, `${stems[2]}.tl`), 100);
    expect(anchored()).toEqual(stems.slice(0, 2));
    rmSync(join(kit.folder, `${stems[2]}.tl`));
    expect(anchored()).toEqual(stems.slice(0, 2));
  });
});

describe("createLogCare()", () => {
  const notes: NewEvent[] = [];
  const audit = {
    note(event: NewEvent) {
      notes.push(event);
      return { ...event, seq: 1, at: 0 };
    },
  };
  const care = (anchors: readonly object[] | undefined) =>
    createLogCare(
      {
        state: kit.state,
        log: {
          ...{ sync: 1000, segmentBytes: 10, segmentAge: hours(24), compress: false },
          ...{ keepDays: 1, keepBytes: undefined },
          ...(anchors && { anchors: anchors as never }),
        },
      },
      audit,
      kit.clock,
    );
  /** Longer than all of it is kept. */
  const pass = () => kit.clock.advance(hours(24 * 9000));

  it("removes no segment that no anchor has, says so once, and removes it when one does", async () => {
    notes.length = 0;
    await pass();
    const one = care([{ name: "loghost" }]);
    const round = async () => {
      one.start();
      await one.idle();
      return listSegments(kit.folder);
    };
    expect(await round()).toEqual(stems);
    expect(await round()).toEqual(stems);
    expect(notes.map(({ type }) => type)).toEqual(["log.unanchored"]);
    expect(notes[0]?.text).toMatch(/stay until an anchor has them$/);
    anchor("loghost", pointsOf(stems[1] ?? "").at(-1) ?? {});
    expect(await round()).toEqual(stems.slice(2));
    expect(await kit.verify()).toMatchObject({ result: "consistent", problems: [] });
    await one.stop();
  });

  it("removes compressed ones with all that is beside them, and waits for nothing where there are no anchors", async () => {
    await packLogs(kit.state, Date.now() + hours(9000), async () => {});
    await pass();
    const one = care(undefined);
    one.start();
    await one.idle();
    await one.stop();
    expect(listSegments(kit.folder)).toEqual(stems.slice(3));
    const left = readdirSync(kit.folder).filter((name) => /^\d/.test(name));
    expect(left.every((name) => name.startsWith(stems[3] ?? "?"))).toBe(true);
  });
});
