import { connect } from "node:net";
import { Duplex } from "node:stream";
import { describe, expect, it } from "vitest";
import { latin1 } from "../../../src/lib/bytes.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { connectSocket } from "../../../src/sdk/network/connect-socket.ts";
import { MAX_WAITING_ANSWERS, socketLink } from "../../../src/sdk/network/socket-link.ts";
import { failureOf, Peer, readBytes, receive } from "../../drivers/console/socket-suite.ts";

const context = () => ({
  clock: systemClock,
  signal: new AbortController().signal,
  timeout: 10_000,
});

/** Bytes go through a second connection, so that the loop has had its chance to read the first one. */
async function roundTrip(peer: Peer, port: number): Promise<void> {
  const socket = await connectSocket({ host: "127.0.0.1", port }, context());
  const link = socketLink({ label: "other", peer: "other", socket });
  (await peer.connection()).write("ping");
  expect(await readBytes(link, 4)).toHaveLength(4);
  await link.close();
}

describe("socketLink()", () => {
  it("reads nothing from a socket before it is asked, nor after it has answered", async () => {
    const peer = new Peer();
    const port = await peer.listen();
    const socket = await connectSocket({ host: "127.0.0.1", port }, context());
    const far = await peer.connection();
    far.write("early");
    await roundTrip(peer, port);
    expect(socket.bytesRead).toBe(0);
    const link = socketLink({ label: "x", peer: "x", socket });
    await roundTrip(peer, port);
    expect(socket.bytesRead).toBe(0);
    const bytes = link.bytes[Symbol.asyncIterator]();
    await bytes.next();
    far.write("later");
    await roundTrip(peer, port);
    expect(socket.bytesRead).toBe(5);
    await link.close();
    await peer.close();
  });

  it("serves any Duplex: bytes both ways, hang-up", async () => {
    const peer = new Peer();
    const port = await peer.listen();
    const link = socketLink({ label: "x", peer: "x", socket: connect(port, "127.0.0.1") });
    const reading = readBytes(link, 100);
    const far = await peer.connection();
    await link.write(latin1("abc"));
    expect(await receive(far, 3)).toEqual([97, 98, 99]);
    far.end("bye");
    expect(String.fromCharCode(...(await reading))).toBe("bye");
    await link.close();
    await peer.close();
  });

  it("turns a stream's error into LINK_LOST that names the peer, and keeps it", async () => {
    const socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
    const link = socketLink({ label: "x", peer: "ts1:7003", socket });
    const reading = failureOf(readBytes(link, 1));
    socket.destroy(Object.assign(new Error("read ETIMEDOUT"), { code: "ETIMEDOUT" }));
    const failure = await reading;
    expect(failure.code).toBe("LINK_LOST");
    expect(failure.message).toBe('Cannot read from "ts1:7003": the peer does not answer any more');
    expect(await failureOf(readBytes(link, 1))).toBe(failure);
    expect(await failureOf(link.write(latin1("x")))).toBe(failure);
  });

  it("lets answers of its protocol pile up so far for a peer that does not read, and no further", async () => {
    const socket = new Duplex({ read() {}, write() {} });
    const answer = new Uint8Array(10_000);
    const codec = {
      receive: (wire: Uint8Array) => wire,
      takeOutput: () => answer,
      encode: (bytes: Uint8Array) => bytes,
    };
    const link = socketLink({ label: "x", peer: "x", socket, codec });
    for (let i = 0; i < 500; i++) {
      socket.push(Uint8Array.of(1));
      await readBytes(link, 1);
    }
    expect(socket.writableLength).toBeGreaterThan(MAX_WAITING_ANSWERS / 2);
    expect(socket.writableLength).toBeLessThan(MAX_WAITING_ANSWERS + answer.length);
    await link.close();
  });
});
