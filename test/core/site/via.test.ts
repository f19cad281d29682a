import { mkdtemp, rm } from "node:fs/promises";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TELNET_SERVER, TelnetCodec } from "../../../src/codec/telnet.ts";
import type { DeviceEntry } from "../../../src/config/site-config.ts";
import { Registry } from "../../../src/core/registry/registry.ts";
import { LinkBelow } from "../../../src/core/site/link-below.ts";
import { SiteDevices } from "../../../src/core/site/site-devices.ts";
import { concatBytes, latin1 } from "../../../src/lib/bytes.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import type { Link, LinkNotice } from "../../../src/sdk/link.ts";
import { failureOf, Peer, readBytes } from "../../drivers/console/socket-suite.ts";

let folder = "";
let peer: Peer;
let port = 0;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "oob-via-"));
  peer = new Peer();
  port = await peer.listen();
});
afterEach(async () => {
  await peer.close();
  await rm(folder, { recursive: true });
});

const devices = () =>
  new SiteDevices({
    registry: new Registry([]),
    secrets: () => Promise.reject(new Error("no secrets here")),
    clock: systemClock,
    locks: folder,
    who: "test",
  });

function open(entry: DeviceEntry, told: string[] = []): Promise<Link> {
  const signal = new AbortController().signal;
  const progress = (text: string) => told.push(text);
  return devices().openLink(entry, { signal, progress, reopening: false });
}

const tcp = (): DeviceEntry => ({ driver: "tcp", options: { host: "127.0.0.1", port } });
const telnetVia = (via: DeviceEntry): DeviceEntry => ({ driver: "telnet", options: {}, via });

/** A telnet server in a telnet server: what reaches the innermost, and BREAKs of each layer. */
class Nested {
  readonly layers: readonly TelnetCodec[];
  readonly breaks: number[];
  #got = "";
  #changed: (() => void) | undefined;
  readonly #socket: Socket;

  constructor(socket: Socket, depth: number) {
    this.#socket = socket;
    this.layers = Array.from({ length: depth }, () => new TelnetCodec(TELNET_SERVER));
    this.breaks = this.layers.map(() => 0);
    socket.on("data", (wire: Uint8Array) => this.#receive(wire));
    socket.resume();
    this.#flush();
  }

  print(bytes: Uint8Array): void {
    this.#socket.write(this.#wrap(bytes, this.layers.length));
  }

  async until(text: string): Promise<void> {
    while (!this.#got.includes(text)) {
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  async untilBreak(layer: number): Promise<void> {
    while (this.breaks[layer] === 0) {
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  #receive(wire: Uint8Array): void {
    let bytes = wire;
    for (const [i, layer] of this.layers.entries()) {
      const data: Uint8Array[] = [];
      for (const event of layer.receive(bytes)) {
        if (event.is === "data") data.push(event.bytes);
        else if (event.is === "break") this.breaks[i] = (this.breaks[i] ?? 0) + 1;
      }
      bytes = concatBytes(data);
    }
    this.#flush();
    this.#got += String.fromCharCode(...bytes);
    this.#changed?.();
  }

  #flush(): void {
    for (const [i, layer] of this.layers.entries()) {
      const output = layer.takeOutput();
      if (output.length > 0) this.#socket.write(this.#wrap(output, i));
    }
  }

  /** Bytes of a layer as they go over the wire, through the layers below it. */
  #wrap(bytes: Uint8Array, below: number): Uint8Array {
    let wire = bytes;
    for (let i = below - 1; i >= 0; i--) wire = this.layers[i]?.encode(wire) ?? wire;
    return wire.slice();
  }
}

const ALL = Uint8Array.from([...Array(256).keys(), 13, 0, 13, 10, 255, 255, 13]);

describe("SiteDevices.openLink() through other devices", () => {
  it("telnet via tcp: bytes both ways, BREAK, and a label with the whole way", async () => {
    const link = await open(telnetVia(tcp()));
    expect(link.label).toBe(`telnet via 127.0.0.1:${port} tcp`);
    const far = new Nested(await peer.connection(), 1);
    const reading = readBytes(link, ALL.length);
    await link.write(latin1("ready"));
    await far.until("ready");
    far.print(ALL);
    expect(await reading).toEqual([...ALL]);
    await link.write(ALL);
    await far.until(String.fromCharCode(...ALL));
    const waiting = readBytes(link, 1);
    await link.sendBreak?.(250);
    await far.untilBreak(0);
    await link.close();
    expect(await waiting).toEqual([]);
  });

  it("three deep: telnet via telnet via tcp carries every byte, and its BREAK is the innermost's", async () => {
    const told: string[] = [];
    const link = await open(telnetVia(telnetVia(tcp())), told);
    expect(link.label).toBe(`telnet via telnet via 127.0.0.1:${port} tcp`);
    expect(told).toEqual([
      `step 1 of 3, tcp 127.0.0.1:${port}`,
      "step 2 of 3, telnet",
      "step 3 of 3, telnet",
    ]);
    const far = new Nested(await peer.connection(), 2);
    const reading = readBytes(link, ALL.length);
    await link.write(latin1("ready"));
    await far.until("ready");
    far.print(ALL);
    expect(await reading).toEqual([...ALL]);
    const waiting = readBytes(link, 1);
    await link.sendBreak?.(250);
    await far.untilBreak(1);
    expect(far.breaks).toEqual([0, 1]);
    await link.close();
    await waiting;
  });

  it("closes what it went through, and ends when that is gone", async () => {
    const link = await open(telnetVia(telnetVia(tcp())));
    const far = await peer.connection();
    const hungUp = new Promise((resolve) => far.once("close", resolve));
    far.resume();
    await link.close();
    await hungUp;

    const other = await open(telnetVia(telnetVia(tcp())));
    const reading = readBytes(other, 100);
    (await peer.connection()).end("bye");
    expect(String.fromCharCode(...(await reading))).toBe("bye");
    await other.close();
  });

  it("names the whole way where one step fails", async () => {
    await peer.close();
    const failure = await failureOf(open(telnetVia(telnetVia(tcp()))));
    expect(failure.code).toBe("LINK_REFUSED");
    expect(failure.message).toBe(
      `Cannot open "127.0.0.1:${port}": connection refused (on the way telnet via telnet via tcp 127.0.0.1:${port})`,
    );
    expect(failure.hint).toMatch(/port/);
    peer = new Peer();
    await peer.listen();
  });

  it("tells notes of the steps below with their name", async () => {
    const link = await open(telnetVia(telnetVia(tcp())));
    const notices: LinkNotice[] = [];
    link.onNotice?.((notice) => notices.push(notice));
    const reading = readBytes(link, 3);
    (await peer.connection()).write(Uint8Array.of(255, 7, 33));
    await reading;
    expect(notices).toContainEqual({
      is: "note",
      text: `telnet via 127.0.0.1:${port} tcp: telnet: IAC 7 is no command`,
    });
    await link.close();
  });
});

describe("LinkBelow", () => {
  const quiet = { bytes: (async function* () {})(), write: async () => {}, close: async () => {} };

  function pair() {
    let tell: (notice: LinkNotice) => void = () => {};
    const lower: Link = {
      ...quiet,
      label: "lower",
      onNotice: (listen) => {
        tell = listen;
      },
    };
    const below = new LinkBelow(lower);
    return { below, tell: (notice: LinkNotice) => tell(notice) };
  }

  it("gives what the lower tells to the driver above, if it listens, and to nobody else", () => {
    const { below, tell } = pair();
    const driver: LinkNotice[] = [];
    const above: LinkNotice[] = [];
    tell({ is: "note", text: "early" });
    below.link.onNotice?.((notice) => driver.push(notice));
    const link = below.carry({ ...quiet, label: "upper" });
    link.onNotice?.((notice) => above.push(notice));
    tell({ is: "lines", lines: { cts: true, dsr: true, dcd: false } });
    expect(driver.map(({ is }) => is)).toEqual(["note", "lines"]);
    expect(above).toEqual([]);
  });

  it("keeps notes until somebody listens, and never passes lines or BREAK of the lower off as the upper's", () => {
    const { below, tell } = pair();
    tell({ is: "note", text: "early" });
    const link = below.carry({ ...quiet, label: "upper" });
    const above: LinkNotice[] = [];
    link.onNotice?.((notice) => above.push(notice));
    tell({ is: "lines", lines: { cts: true, dsr: true, dcd: false } });
    tell({ is: "break" });
    expect(above).toEqual([{ is: "note", text: "lower: early" }]);
  });

  it("closes the lower even where closing the upper fails", async () => {
    const done: string[] = [];
    const lower = { ...quiet, label: "lower", close: async () => void done.push("lower") };
    const upper = { ...quiet, label: "upper", close: () => Promise.reject(new Error("stuck")) };
    await expect(new LinkBelow(lower).carry(upper).close()).rejects.toThrow("stuck");
    expect(done).toEqual(["lower"]);
  });
});
