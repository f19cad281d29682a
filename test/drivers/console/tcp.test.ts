import { describe, expect, it } from "vitest";
import tcp from "../../../drivers/console/tcp.ts";
import { ManualClock } from "../../../src/lib/clock.ts";
import { failureOf, openContext, Peer, readBytes, testSocketDriver } from "./socket-suite.ts";

async function reach() {
  const peer = new Peer();
  return { peer, options: { host: "127.0.0.1", port: await peer.listen() } };
}

describe("console driver tcp", () => {
  testSocketDriver(tcp, reach);

  it("names host and port in its label", async () => {
    const { peer, options } = await reach();
    const link = await tcp.open(options, openContext());
    expect(link.label).toBe(`127.0.0.1:${options.port} tcp`);
    expect(link.sendBreak).toBeUndefined();
    await link.close();
    await peer.close();
  });

  it("says that the connection was refused", async () => {
    const { peer, options } = await reach();
    await peer.close();
    const failure = await failureOf(tcp.open(options, openContext()));
    expect(failure.code).toBe("LINK_REFUSED");
    expect(failure.message).toBe(`Cannot open "127.0.0.1:${options.port}": connection refused`);
    expect(failure.hint).toMatch(/port/);
  });

  it("says that there is no such host", async () => {
    const options = { host: "no-such-host.invalid", port: 7001 };
    const failure = await failureOf(tcp.open(options, openContext()));
    expect(failure.code).toBe("LINK_REFUSED");
    expect(failure.message).toMatch(
      /"no-such-host\.invalid:7001": (no such host|the name service)/,
    );
  });

  it("says that no answer came within the time", async () => {
    const clock = new ManualClock();
    // A documentation address (RFC 5737): nothing answers there, if it can be reached at all.
    const options = { host: "192.0.2.254", port: 7001, "connect-timeout": 3000 };
    const opening = failureOf(tcp.open(options, openContext({ clock })));
    await clock.advance(3000);
    const failure = await opening;
    expect(failure.code).toBe("LINK_REFUSED");
    expect(failure.message).toMatch(
      /^Cannot open "192\.0\.2\.254:7001": (no answer within 3s|no route|not permitted)/,
    );
  });

  it("reads nothing while nobody asks, then much at once", async () => {
    const { peer, options } = await reach();
    const link = await tcp.open(options, openContext());
    const far = await peer.connection();
    const lines = 400;
    let wanted = 0;
    for (let i = 0; i < lines; i++) {
      const line = `line ${i} of a busy console\r\n`;
      wanted += line.length;
      await new Promise((resolve) => far.write(line, resolve));
    }
    let reads = 0;
    for await (const chunk of link.bytes) {
      reads += 1;
      wanted -= chunk.length;
      if (wanted === 0) break;
    }
    expect(reads).toBeLessThan(lines / 8);
    await link.close();
    await peer.close();
  });

  it("gives chunks that stay as they are while more is read", async () => {
    const { peer, options } = await reach();
    const link = await tcp.open(options, openContext());
    const far = await peer.connection();
    const bytes = link.bytes[Symbol.asyncIterator]();
    far.write("first");
    const first = await bytes.next();
    far.write("XXXXX");
    await bytes.next();
    expect(String.fromCharCode(...(first.value as Uint8Array))).toBe("first");
    await link.close();
    await peer.close();
  });

  it("does not resolve a write that the peer does not take, and close() does not wait for it", async () => {
    const { peer, options } = await reach();
    const link = await tcp.open(options, openContext());
    await peer.connection();
    let taken = false;
    const writing = link.write(new Uint8Array(32 * 1024 * 1024)).then(() => {
      taken = true;
    });
    writing.catch(() => {});
    await new Promise((resolve) => setImmediate(resolve));
    expect(taken).toBe(false);
    await link.close();
    expect((await failureOf(writing)).code).toBe("LINK_LOST");
    await peer.close();
  });

  it("tells what the console server said instead of a console", async () => {
    const { peer, options } = await reach();
    const link = await tcp.open(options, openContext());
    (await peer.connection()).end("Device open failure: Connection refused\r\n");
    const failure = await failureOf(readBytes(link, 1000));
    expect(failure.code).toBe("LINK_REFUSED");
    expect(failure.message).toContain('the server says "Device open failure: Connection refused"');
    await link.close();
    await peer.close();
  });

  it("goes on with a second loop after the first was left", async () => {
    const { peer, options } = await reach();
    const link = await tcp.open(options, openContext());
    const far = await peer.connection();
    far.write("one");
    for await (const chunk of link.bytes) {
      expect(String.fromCharCode(...chunk)).toBe("one");
      break;
    }
    far.write("two");
    expect(String.fromCharCode(...(await readBytes(link, 3)))).toBe("two");
    await link.close();
    await peer.close();
  });
});
