import type { Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { latin1 } from "../../src/lib/bytes.ts";
import { systemClock } from "../../src/lib/clock.ts";
import type { Link } from "../../src/sdk/link.ts";
import { connectSocket } from "../../src/sdk/network/connect-socket.ts";
import { socketLink } from "../../src/sdk/network/socket-link.ts";
import { Peer, readBytes } from "../drivers/console/socket-suite.ts";

const context = () => ({
  clock: systemClock,
  signal: new AbortController().signal,
  timeout: 10_000,
});

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** Who pulls: keeps a copy of each piece, and says what came of waiting for one. */
class Puller {
  readonly pieces: string[] = [];
  readonly more: () => void;
  failure: unknown = "none";
  during: (() => void) | undefined;
  #heard: (() => void)[] = [];

  constructor(link: Link, wantsMore = () => false) {
    const pull = link.pull ?? (() => () => {});
    this.more = pull({
      take: (chunk) => {
        this.during?.();
        this.pieces.push(String.fromCharCode(...chunk));
        this.#tell();
        return wantsMore();
      },
      ended: (failure) => {
        this.failure = failure;
        this.#tell();
      },
    });
  }

  /** The next piece or the end. */
  heard(): Promise<void> {
    return new Promise((resolve) => this.#heard.push(resolve));
  }

  #tell(): void {
    for (const resolve of this.#heard.splice(0)) resolve();
  }
}

async function linkKit(): Promise<{ link: Link; far: Socket }> {
  const peer = new Peer();
  const port = await peer.listen();
  const socket = await connectSocket({ host: "127.0.0.1", port }, context());
  const link = socketLink({ label: "x", peer: "x", socket });
  const far = await peer.connection();
  ends.push(async () => {
    await link.close();
    await peer.close();
  });
  return { link, far };
}

/** What was written before this has reached the kernel of the other end. */
async function arrived(far: Socket, text: string): Promise<void> {
  await new Promise<void>((resolve) => far.write(latin1(text), () => resolve()));
  await roundTrip();
}

/** Bytes go through another connection, so that the kernel has had its time with the first one. */
async function roundTrip(): Promise<void> {
  const { link, far } = await linkKit();
  far.write("ping");
  await readBytes(link, 4);
}

async function flowing(): Promise<{ link: Link; far: Socket; puller: Puller }> {
  const { link, far } = await linkKit();
  const puller = new Puller(link);
  const first = puller.heard();
  puller.more();
  far.write("a");
  await first;
  return { link, far, puller };
}

describe("socketLink() pull", () => {
  it("gives one piece for each asking, what came meanwhile in one", async () => {
    const { far, puller } = await flowing();
    expect(puller.pieces).toEqual(["a"]);
    await arrived(far, "bc");
    await arrived(far, "de");
    expect(puller.pieces).toEqual(["a"]);
    puller.more();
    expect(puller.pieces).toEqual(["a", "bcde"]);
  });

  it("waits for the next bytes where none are there", async () => {
    const { far, puller } = await flowing();
    const next = puller.heard();
    puller.more();
    expect(puller.pieces).toEqual(["a"]);
    far.write("b");
    await next;
    expect(puller.pieces).toEqual(["a", "b"]);
  });

  it("goes on at once while the intake says so", async () => {
    const { link, far } = await linkKit();
    const puller = new Puller(link, () => true);
    puller.more();
    for (const letter of "abc") {
      const next = puller.heard();
      far.write(letter);
      await next;
    }
    expect(puller.pieces).toEqual(["a", "b", "c"]);
  });

  it("does not overwrite a piece that is being looked at with one of another console", async () => {
    const one = await flowing();
    const other = await flowing();
    await arrived(one.far, "one");
    await arrived(other.far, "other");
    const came = other.puller.heard();
    one.puller.during = () => other.puller.more();
    one.puller.more();
    expect(one.puller.pieces.at(-1)).toBe("one");
    await came;
    expect(other.puller.pieces.at(-1)).toBe("other");
  });

  it("gives what came before a hang-up, then its end", async () => {
    const { far, puller } = await flowing();
    await arrived(far, "bye");
    far.end();
    await roundTrip();
    puller.more();
    expect(puller.pieces.at(-1)).toBe("bye");
    const end = puller.heard();
    puller.more();
    await end;
    expect(puller.failure).toBeUndefined();
  });

  it("ends with LINK_LOST where the kernel says that the connection is broken", async () => {
    const { far, puller } = await flowing();
    far.resetAndDestroy();
    await roundTrip();
    puller.more();
    if (puller.failure === "none") await puller.heard();
    expect(puller.failure).toMatchObject({ code: "LINK_LOST" });
  });

  it("tells the end to whom asks after it", async () => {
    const { link, puller } = await flowing();
    await link.close();
    expect(puller.failure).toBeUndefined();
    const late = new Puller(link);
    late.more();
    expect(late.failure).toBeUndefined();
  });
});
