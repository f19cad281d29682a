import { describe, expect, it } from "vitest";
import telnet from "../../../drivers/console/telnet.ts";
import {
  type ConsoleServerFaults,
  TelnetConsoleServer,
} from "../../../mocks/telnet-console-server.ts";
import { latin1 } from "../../../src/lib/bytes.ts";
import { ManualClock } from "../../../src/lib/clock.ts";
import type { Link, LinkNotice } from "../../../src/sdk/link.ts";
import {
  failureOf,
  openContext,
  Peer,
  readBytes,
  receive,
  testSocketDriver,
} from "./socket-suite.ts";

const text = (bytes: readonly number[]): string => String.fromCharCode(...bytes);

/** A line that keeps what it gets and can be waited for. */
class RecordingLine {
  readonly got: number[] = [];
  breaks = 0;
  #changed: (() => void) | undefined;

  onBytes(bytes: Uint8Array): void {
    this.got.push(...bytes);
    this.#changed?.();
  }

  onBreak(): void {
    this.breaks += 1;
    this.#changed?.();
  }

  async until(is: () => boolean): Promise<void> {
    while (!is()) {
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }
}

async function start(faults: ConsoleServerFaults = {}) {
  const line = new RecordingLine();
  const server = await TelnetConsoleServer.start([line], faults);
  const port = server.ports[0];
  if (!port) throw new Error("no port");
  const open = () => telnet.open({ host: "127.0.0.1", port: port.port }, openContext());
  return { line, server, port, open };
}

/** Types something and waits for it, so that the options before it have been settled. */
async function settled(link: Link, line: RecordingLine, reader: AsyncIterator<Uint8Array>) {
  const pending = reader.next();
  await link.write(latin1("hello"));
  await line.until(() => text(line.got).includes("hello"));
  line.got.length = 0;
  return { pending };
}

describe("console driver telnet", () => {
  testSocketDriver(telnet, async () => {
    const peer = new Peer();
    return { peer, options: { host: "127.0.0.1", port: await peer.listen() } };
  });

  it("carries all bytes whole, 0xFF and CR NUL among them", async () => {
    const { line, server, port, open } = await start();
    const link = await open();
    const all = [...Array(256).keys(), 13, 0, 13, 10, 255, 255, 13];
    const reader = link.bytes[Symbol.asyncIterator]();
    const { pending } = await settled(link, line, reader);
    await line.until(() => port.isTaken);
    await link.write(Uint8Array.from(all));
    await line.until(() => line.got.length >= all.length);
    expect(line.got.slice(-all.length)).toEqual(all);
    port.write(Uint8Array.from(all));
    const first = await pending;
    const got = first.done ? [] : [...first.value];
    got.push(...(await readBytes(link, all.length - got.length)));
    expect(got).toEqual(all);
    await link.close();
    await server.close();
  });

  it("holds what is typed first until the server has asked for BINARY, as ser2net needs it", async () => {
    const peer = new Peer();
    const options = { host: "127.0.0.1", port: await peer.listen() };
    const link = await telnet.open(options, openContext({ clock: new ManualClock() }));
    const far = await peer.connection();
    const reading = readBytes(link, 1);
    const writing = link.write(latin1("\r"));
    far.write(Uint8Array.of(255, 253, 0));
    expect(await receive(far, 4)).toEqual([255, 251, 0, 13]);
    await writing;
    await link.close();
    expect(await reading).toEqual([]);
    await peer.close();
  });

  it("sends what is typed first to a server without BINARY after 300 ms, with CR NUL", async () => {
    const peer = new Peer();
    const clock = new ManualClock();
    const options = { host: "127.0.0.1", port: await peer.listen() };
    const link = await telnet.open(options, openContext({ clock }));
    const far = await peer.connection();
    const writing = link.write(latin1("\r"));
    await clock.advance(300);
    await writing;
    expect(await receive(far, 2)).toEqual([13, 0]);
    await link.close();
    await peer.close();
  });

  it("sends BREAK, and tells one that came", async () => {
    const { line, server, port, open } = await start();
    const link = await open();
    const notices: LinkNotice[] = [];
    link.onNotice?.((notice) => notices.push(notice));
    const reading = readBytes(link, 5);
    await link.sendBreak?.(250);
    await line.until(() => line.breaks > 0);
    expect(line.breaks).toBe(1);
    expect(line.got).toEqual([]);
    port.writeBreak();
    port.write(latin1("after"));
    expect(text(await reading)).toBe("after");
    expect(notices).toEqual([{ is: "break" }]);
    await link.close();
    await server.close();
  });

  it("refuses: says so, and opens once the port is back", async () => {
    const { server, port, open } = await start({ refuses: true });
    const failure = await failureOf(open());
    expect(failure.code).toBe("LINK_REFUSED");
    expect(failure.message).toContain("connection refused");
    await port.setFaults({});
    await (await open()).close();
    await server.close();
  });

  it("silent: opens, and what is typed brings nothing", async () => {
    const { line, server, port, open } = await start({ silent: true });
    const link = await open();
    const reading = link.bytes[Symbol.asyncIterator]().next();
    await link.write(latin1("anybody?\r"));
    port.write(latin1("nobody hears this"));
    await link.close();
    expect((await reading).done).toBe(true);
    expect(line.got).toEqual([]);
    await server.close();
  });

  it("dropsAfter: gives all bytes, then ends", async () => {
    const { line, server, port, open } = await start({ dropsAfter: 10 });
    const link = await open();
    const reader = link.bytes[Symbol.asyncIterator]();
    const { pending } = await settled(link, line, reader);
    port.write(latin1("0123456789 and what is never sent"));
    const first = await pending;
    let got = first.done ? "" : text([...first.value]);
    for await (const chunk of link.bytes) got += text([...chunk]);
    expect(got).toBe("0123456789");
    await link.close();
    await server.close();
  });

  it("optionStorm: the console still works behind ten thousand options", async () => {
    const { server, port, open } = await start({ optionStorm: 10_000 });
    const link = await open();
    const reading = readBytes(link, 6);
    const taken = setInterval(() => {
      if (port.isTaken) port.write(latin1("login:"));
    }, 5);
    expect(text((await reading).slice(0, 6))).toBe("login:");
    clearInterval(taken);
    await link.close();
    await server.close();
  });

  it("echoOptions: a server that contradicts every answer comes to rest", async () => {
    const { line, server, open } = await start({ echoOptions: true });
    const link = await open();
    const reading = readBytes(link, 1);
    await link.write(latin1("ping"));
    await line.until(() => text(line.got).includes("ping"));
    await link.close();
    expect(await reading).toEqual([]);
    await server.close();
  });

  it("floodsFF: doubled 0xFF arrives single", async () => {
    const { server, open } = await start({ floodsFF: 100_000 });
    const link = await open();
    const got = await readBytes(link, 100_000);
    expect(got).toHaveLength(100_000);
    expect(got.every((byte) => byte === 255)).toBe(true);
    await link.close();
    await server.close();
  });

  it.each([
    ["0xFF that a server does not double, as QEMU's", [255, 7, 46]],
    ["subnegotiations without end", [255, 250, 44, 46, 46, 46]],
    ["IAC BREAK", [255, 243]],
    ["questions about options", [255, 253, 31, 255, 251, 44]],
  ] as const)("a flood of %s: the console stays, few notices are told", async (_name, piece) => {
    const peer = new Peer();
    const options = { host: "127.0.0.1", port: await peer.listen() };
    const clock = new ManualClock();
    const link = await telnet.open(options, openContext({ clock }));
    const notices: LinkNotice[] = [];
    link.onNotice?.((notice) => notices.push(notice));
    const far = await peer.connection();
    const flood = Buffer.concat(Array<Buffer>(20_000).fill(Buffer.from(piece)));
    // The last piece may be held back as one that could still end: it comes when the wire ends.
    far.end(Buffer.concat([flood, Buffer.from("login:")]));
    let got = "";
    for await (const chunk of link.bytes) got = (got + text([...chunk])).slice(-6);
    expect(got).toBe("login:");
    await clock.advance(60_000);
    expect(notices.length).toBeLessThan(6);
    await link.close();
    await peer.close();
  });

  it("a console whose server floods holds up no other", async () => {
    const hostile = new Peer();
    const other = new Peer();
    const bad = await telnet.open(
      { host: "127.0.0.1", port: await hostile.listen() },
      openContext(),
    );
    const good = await telnet.open(
      { host: "127.0.0.1", port: await other.listen() },
      openContext(),
    );
    const far = await hostile.connection();
    const storm = Buffer.concat(
      Array<Buffer>(100_000).fill(Buffer.from([255, 253, 31, 255, 250, 44, 1, 255, 240, 255, 7])),
    );
    let flooding = true;
    const flood = async () => {
      while (flooding) await new Promise((resolve) => far.write(storm, resolve));
    };
    const flooded = flood();
    let read = 0;
    const reading = (async () => {
      for await (const chunk of bad.bytes) read += chunk.length;
    })();
    const echo = await other.connection();
    echo.on("data", (bytes) => echo.write(bytes));
    echo.resume();
    const bytes = good.bytes[Symbol.asyncIterator]();
    while (read === 0) await new Promise((resolve) => setImmediate(resolve));
    for (let key = 0; key < 5; key++) {
      const answer = bytes.next();
      await good.write(Uint8Array.of(97));
      expect((await answer).done).toBe(false);
    }
    flooding = false;
    await bad.close();
    far.destroy();
    await Promise.all([reading, flooded.catch(() => undefined)]);
    await good.close();
    await Promise.all([hostile.close(), other.close()]);
  });

  it("secondClientHearsNothing: the first goes on, the second opens and stays without bytes", async () => {
    const { line, server, port, open } = await start({ secondClientHearsNothing: true });
    const first = await open();
    const reading = readBytes(first, 5);
    await first.write(latin1("1"));
    await line.until(() => line.got.length > 0);
    const second = await open();
    const waiting = second.bytes[Symbol.asyncIterator]().next();
    port.write(latin1("hello"));
    expect(text(await reading)).toBe("hello");
    await second.close();
    expect((await waiting).done).toBe(true);
    await first.close();
    await server.close();
  });

  it("a new client takes the port over, and the old one is hung up on", async () => {
    const { line, server, port, open } = await start();
    const first = await open();
    const ended = readBytes(first, 1);
    await first.write(latin1("1"));
    await line.until(() => line.got.length > 0);
    const second = await open();
    expect(await ended).toEqual([]);
    const reading = readBytes(second, 2);
    port.write(latin1("ok"));
    expect(text(await reading)).toBe("ok");
    await Promise.all([first.close(), second.close()]);
    await server.close();
  });
});
