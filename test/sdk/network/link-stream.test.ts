import { describe, expect, it } from "vitest";
import telnet from "../../../drivers/console/telnet.ts";
import unix from "../../../drivers/console/unix.ts";
import { OobError } from "../../../src/lib/errors.ts";
import type { Link } from "../../../src/sdk/link.ts";
import { linkStream } from "../../../src/sdk/network/link-stream.ts";
import { socketLink } from "../../../src/sdk/network/socket-link.ts";
import { failureOf, readBytes } from "../../drivers/console/socket-suite.ts";

/** A Link whose bytes are given out one chunk per asking. */
function below(chunks: AsyncIterableIterator<Uint8Array>, written: number[] = []): Link {
  return {
    label: "/dev/ttyS9 9600 8n1",
    bytes: chunks,
    write: (bytes) => {
      written.push(...bytes);
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
}

describe("linkStream()", () => {
  it("reads ahead one chunk at most, and nothing before it is asked", async () => {
    let asked = 0;
    async function* endless() {
      for (;;) {
        asked += 1;
        yield Uint8Array.of(asked & 255);
      }
    }
    const link = socketLink({ label: "x", peer: "x", socket: linkStream(below(endless())) });
    expect(await readBytes(link, 3)).toEqual([1, 2, 3]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(asked).toBeLessThanOrEqual(5);
    await link.close();
  });

  it("passes writes on, ends with the Link below, and leaves that open", async () => {
    const written: number[] = [];
    async function* once() {
      yield Uint8Array.of(7);
    }
    const lower = { ...below(once(), written), close: () => Promise.reject(new Error("closed")) };
    const link = socketLink({ label: "x", peer: "x", socket: linkStream(lower) });
    await link.write(Uint8Array.of(1, 2));
    expect(written).toEqual([1, 2]);
    expect(await readBytes(link, 100)).toEqual([7]);
    await link.close();
  });

  it("hands the error of the Link below up as it is", async () => {
    const lost = new OobError("LINK_LOST", "Lost /dev/ttyS9 9600 8n1: unplugged");
    const broken: AsyncIterableIterator<Uint8Array> = {
      [Symbol.asyncIterator]: () => broken,
      next: () => Promise.reject(lost),
    };
    const link = socketLink({ label: "x", peer: "x", socket: linkStream(below(broken)) });
    expect(await failureOf(readBytes(link, 1))).toBe(lost);
    await link.close();
  });
});

describe("drivers that go through others", () => {
  it("telnet does, unix does not", () => {
    expect(telnet.through).toBe(true);
    expect(unix.through).toBeUndefined();
  });
});
