import fs, { statSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ENTRY_BYTES } from "../../../src/codec/timeline.ts";
import { listSegments } from "../../../src/core/log/log-folder.ts";
import { seconds } from "../../../src/lib/durations.ts";
import { pickyDisk, sealKit } from "./seal-kit.ts";

const bytesOf = (text: string) => Buffer.from(text);

/** Counts what is read from files from now on; the result ends it. */
function countReads(): () => number {
  const { readSync } = fs;
  let bytes = 0;
  const counted = (...args: Parameters<typeof readSync>) => {
    const got = readSync(...args);
    bytes += got;
    return got;
  };
  fs.readSync = counted as typeof readSync;
  syncBuiltinESMExports();
  return () => {
    fs.readSync = readSync;
    syncBuiltinESMExports();
    return bytes;
  };
}

describe("a sealed log on a full disk", () => {
  it("reads of a long timeline no more than its end while a full disk refuses more", async () => {
    const disk = pickyDisk();
    const kit = sealKit({ disk });
    const log = kit.open();
    for (let n = 0; n < 500; n++) {
      log.append(bytesOf("."));
      await kit.clock.advance(100);
    }
    await log.sync(true);
    const timeline = statSync(join(kit.folder, `${listSegments(kit.folder)[0]}.tl`)).size;
    disk.refuses = true;
    const readBytes = countReads();
    for (let n = 0; n < 20; n++) {
      log.append(bytesOf("meanwhile "));
      await kit.clock.advance(seconds(11));
      log.flush();
    }
    expect(timeline).toBeGreaterThan(500 * ENTRY_BYTES);
    expect(readBytes()).toBeLessThan(timeline);
    disk.refuses = false;
    await kit.clock.advance(seconds(11));
    await log.sync(true);
    await log.close();
    expect(await kit.verify()).toMatchObject({ result: "consistent", bytes: 700, problems: [] });
  });
});
