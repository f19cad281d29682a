import { appendFileSync, readdirSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { systemDisk } from "../../../src/core/log/log-disk.ts";
import { hours, minutes } from "../../../src/lib/durations.ts";
import { allBytes, allRecords, killFiles, logKit, NOON } from "./log-kit.ts";

const LINE = Buffer.from("Nov 22 12:00:00 web1 kernel: a line\n");
/** What this machine's disk is, on a machine that started ten minutes ago. */
const disk = { ...systemDisk, upFor: () => minutes(10) };

/** A log that was killed, and then had `zeros` at its end; last written at `changed`. */
async function left(zeros: number, changed: number) {
  const kit = logKit({ disk });
  const log = kit.open();
  for (let n = 0; n < 200; n++) log.append(LINE);
  log.flush();
  killFiles(log.folder);
  const [name = ""] = readdirSync(log.folder).filter((one) => one.endsWith(".raw"));
  const raw = join(log.folder, name);
  appendFileSync(raw, Buffer.alloc(zeros));
  utimesSync(raw, changed / 1000, changed / 1000);
  return { kit, log, raw, bytes: 200 * LINE.length };
}

describe("zeros at the end of a log", () => {
  it("of an earlier start of the machine were left by a power loss: a gap has their number", async () => {
    const { kit, log, raw, bytes } = await left(100, NOON - hours(1));
    const next = kit.open();
    expect(next.offset).toBe(bytes + 100);
    expect(statSync(raw).size).toBe(bytes);
    next.append(LINE);
    await next.close();
    expect(allBytes(log.folder)).toEqual(
      Buffer.concat([...Array.from({ length: 200 }, () => LINE), LINE]),
    );
    const gaps = allRecords(log.folder).filter(({ record }) => record.kind === "gap");
    expect(gaps.map(({ record }) => [record.offset, record.bytes, record.text])).toEqual([
      [bytes, 100, "these bytes were not yet on the disk when the power went"],
    ]);
  });

  it("of this start came from the host, and stay", async () => {
    const { kit, log, bytes } = await left(100, NOON - minutes(5));
    const next = kit.open();
    expect(next.offset).toBe(bytes + 100);
    await next.close();
    expect(allBytes(log.folder).length).toBe(bytes + 100);
    expect(allRecords(log.folder).some(({ record }) => record.kind === "gap")).toBe(false);
  });

  it("that fill more than a block of the disk are cut at that block: the others were written", async () => {
    const { kit, log, bytes } = await left(8192, NOON - hours(1));
    await kit.open().close();
    const size = allBytes(log.folder).length;
    expect(size).toBeGreaterThanOrEqual(bytes + 4096);
    expect(size % 4096).toBe(0);
  });

  it("are all there is: nothing is left, and the log goes on", async () => {
    const kit = logKit({ disk });
    const log = kit.open();
    log.append(Buffer.alloc(50));
    killFiles(log.folder);
    const [name = ""] = readdirSync(log.folder).filter((one) => one.endsWith(".raw"));
    utimesSync(join(log.folder, name), NOON / 1000 - 3600, NOON / 1000 - 3600);
    const next = kit.open();
    expect(next.offset).toBe(50);
    next.append(LINE);
    await next.close();
    expect(allBytes(log.folder)).toEqual(LINE);
  });
});
