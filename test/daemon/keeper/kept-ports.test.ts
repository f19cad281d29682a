import { existsSync } from "node:fs";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { HostEntry } from "../../../src/config/site-config.ts";
import type { ConsolePort, PortListener, PortState } from "../../../src/core/port/console-port.ts";
import { encodeFrame, FrameReader } from "../../../src/daemon/frames.ts";
import { keepPorts, untilFree } from "../../../src/daemon/keeper/keeper.ts";
import { keeperSocket } from "../../../src/daemon/keeper/kept.ts";
import { KeptPorts, keeperStart } from "../../../src/daemon/keeper/kept-ports.ts";
import { type Clock, ManualClock, systemClock } from "../../../src/lib/clock.ts";
import { minutes } from "../../../src/lib/durations.ts";
import { Rack } from "../../core/site/site-kit.ts";

/** What a daemon hears of a console: bytes must follow one another without a hole. */
class Ear implements PortListener {
  text = "";
  readonly states: PortState["is"][] = [];
  #next: number;
  #changed: () => void = () => {};

  readonly port: ConsolePort;

  constructor(port: ConsolePort) {
    this.port = port;
    this.#next = port.offset;
    port.start(this);
  }

  bytes(chunk: Uint8Array, offset: number): void {
    expect(offset).toBe(this.#next);
    this.#next += chunk.length;
    this.text += Buffer.from(chunk).toString("latin1");
    this.#changed();
  }

  state(state: PortState): void {
    this.states.push(state.is);
    this.#changed();
  }

  gap(): void {
    throw new Error("no byte is missing here");
  }

  async until(is: () => boolean): Promise<void> {
    while (!is())
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
  }
}

let rack: Rack;
let notes: string[];
let keepers: { readonly ending: AbortController; readonly ended: Promise<void> }[];
const daemons: KeptPorts[] = [];

beforeEach(async () => {
  rack = await Rack.make(["web1", "web2"]);
  notes = [];
  keepers = [];
  await mkdir(join(rack.folder, "state"));
  await mkdir(join(rack.folder, "drivers", "console"), { recursive: true });
  const shipped = new URL("../../../drivers/console/unix.ts", import.meta.url).pathname;
  await writeFile(
    join(rack.folder, "drivers", "console", "unix.ts"),
    `import unix from "${shipped}";\nexport default { ...unix, keep: true };\n`,
  );
});

afterEach(async () => {
  await Promise.all(daemons.splice(0).map((daemon) => daemon.close()));
  for (const { ending } of keepers) ending.abort();
  await Promise.all(keepers.map(({ ended }) => ended));
  await rack.close();
});

function startHere(socket: string): Promise<void> {
  const ending = new AbortController();
  const ended = keepPorts(socket, systemClock, ending.signal);
  keepers.push({ ending, ended });
  return ended;
}

/** A daemon that knows these hosts. */
function daemon(hosts: ReadonlyMap<string, HostEntry> = rack.hosts): KeptPorts {
  const kept = make(hosts, systemClock);
  daemons.push(kept);
  return kept;
}

/** A daemon that is killed when another one comes: it loses its connection, and does nothing any more. */
async function doomed(): Promise<KeptPorts> {
  let alive = true;
  const kept = make(rack.hosts, {
    ...systemClock,
    sleep: (ms, signal) => (alive ? systemClock.sleep(ms, signal) : new Promise(() => {})),
  });
  await kept.port(rack.hosts.get("web1") as HostEntry);
  alive = false;
  return kept;
}

function make(hosts: ReadonlyMap<string, HostEntry>, clock: Clock, start = startHere): KeptPorts {
  const config = rack.config({ drivers: [join(rack.folder, "drivers")], hosts });
  const note = (text: string) => void notes.push(text);
  return new KeptPorts({ config, clock, note, start });
}

async function listen(kept: KeptPorts, host = "web1"): Promise<Ear> {
  const entry = rack.hosts.get(host);
  const port = entry && (await kept.port(entry));
  if (!port) throw new Error(`${host} is not kept: ${notes.join("; ")}`);
  return new Ear(port);
}

describe("KeptPorts", () => {
  test("a console's bytes, state and typing go through the keeper", async () => {
    const ear = await listen(daemon());
    await rack.print("web1", "hello");
    await ear.until(() => ear.text.includes("hello"));
    expect(ear.port.state.is).toBe("up");
    await ear.port.write(Buffer.from("typed"));
    await ear.until(() => ear.text.includes("typed"));
    const { bytes, offset } = await ear.port.tail(5);
    expect([Buffer.from(bytes).toString(), offset]).toEqual(["typed", ear.port.offset - 5]);
    await expect(ear.port.sendBreak(250)).rejects.toMatchObject({ code: "LINK_UNSUPPORTED" });
    await expect(ear.port.setLines({ dtr: false })).rejects.toMatchObject({
      code: "LINK_UNSUPPORTED",
      message: expect.stringContaining("Cannot set the modem lines of web1"),
    });
  });

  test("OOB_KEEPER=unit: it waits for systemd's keeper, clears what a killed one left, starts none", async () => {
    const socket = keeperSocket(join(rack.folder, "state"));
    // As after a power loss: the file is there, nobody listens.
    const killed = createServer();
    await new Promise<void>((resolve) => killed.listen(`${socket}.1`, resolve));
    await link(`${socket}.1`, socket);
    await new Promise((resolve) => killed.close(resolve));
    expect(existsSync(socket)).toBe(true);

    const daemon = make(rack.hosts, systemClock, keeperStart({ OOB_KEEPER: "unit" }));
    daemons.push(daemon);
    const heard = listen(daemon);
    while (existsSync(socket)) await setImmediate();
    expect(keepers).toEqual([]);
    void startHere(socket);
    const ear = await heard;
    await rack.print("web1", "hello");
    await ear.until(() => ear.text.includes("hello"));
    expect(notes).toEqual([]);
  });

  test("untilFree() waits for as long as a socket stands there, and no longer than it may", async () => {
    const path = join(rack.folder, "left");
    await writeFile(path, "");
    const clock = new ManualClock();
    const ending = new AbortController();
    const ended: string[] = [];
    const waits = async (name: string, signal: AbortSignal) => {
      await untilFree(path, clock, signal);
      ended.push(name);
    };
    const stopped = waits("stopped", ending.signal);
    const free = waits("free", new AbortController().signal);
    await clock.advance(1000);
    expect(ended).toEqual([]);
    ending.abort();
    await clock.advance(100);
    await stopped;
    expect(ended).toEqual(["stopped"]);
    await rm(path);
    await clock.advance(100);
    await free;
  });

  test("a daemon that comes later finds the port as it was, and hears on from there", async () => {
    const first = await listen(await doomed());
    await rack.print("web1", "one ");
    await first.until(() => first.text.includes("one "));
    const second = await listen(daemon());
    expect(second.port.offset).toBe(first.port.offset);
    await rack.print("web1", "two");
    await second.until(() => second.text === "two");
    expect(rack.connected("web1")).toBe(1);
    expect(keepers).toHaveLength(1);
  });

  test("what comes between the tail and the start is heard once", async () => {
    const first = await listen(await doomed());
    const entry = rack.hosts.get("web1") as HostEntry;
    const port = (await daemon().port(entry)) as ConsolePort;
    const before = port.offset;
    await rack.print("web1", "between");
    const log = join(rack.folder, "state", "console", "web1", "current.raw");
    while (!(await readFile(log, "latin1")).includes("between")) await setImmediate();
    const { bytes, offset } = await port.tail(100);
    expect(offset + bytes.length).toBe(before);
    const second = new Ear(port);
    await second.until(() => second.text === "between");
    expect(first.text).not.toContain("between");
  });

  test("a keeper that ends is started again; the console goes down, and up where it was", async () => {
    const ear = await listen(daemon());
    await rack.print("web1", "one ");
    await ear.until(() => ear.text.includes("one "));
    keepers[0]?.ending.abort();
    await ear.until(() => ear.states.includes("down"));
    await ear.until(() => ear.states.at(-1) === "up");
    await rack.print("web1", "two");
    await ear.until(() => ear.text.includes("two"));
    expect(notes).toEqual(["the keeper of ports ended; it is started again"]);
    expect(keepers).toHaveLength(2);
  });

  test("a console that is no longer wanted is given up, another entry opens anew", async () => {
    const kept = await doomed();
    await listen(kept, "web1");
    await listen(kept, "web2");
    await rack.print("web2", "x");
    await rack.print("web1", "x");
    const [one, two] = [...rack.hosts.values()] as [HostEntry, HostEntry];
    rack.hosts.set("web1", { ...one, console: two.console });
    const ear = await listen(daemon(new Map([...rack.hosts].slice(0, 1))));
    await ear.until(() => ear.states.at(-1) === "up");
    await rack.print("web2", "from the other");
    await ear.until(() => ear.text.includes("from the other"));
    expect([rack.connected("web1"), rack.connected("web2")]).toEqual([0, 1]);
  });

  test("leave() waits for nothing, and the keeper ends: a daemon that is late holds no port", async () => {
    const kept = daemon();
    await listen(kept);
    kept.leave();
    await Promise.all(keepers.map(({ ended }) => ended));
    expect(keepers).toHaveLength(1);
    expect(existsSync(keeperSocket(join(rack.folder, "state")))).toBe(false);
  });

  test("a keeper of another version is told to leave", async () => {
    let asked = "";
    const old = createServer((socket) => {
      const reader = new FrameReader(1 << 20);
      socket.write(encodeFrame({ is: "hello", v: 0, pid: 1 }));
      socket.on("data", (chunk: Buffer) => {
        for (const { head } of reader.push(chunk)) asked = String(head.method);
        old.close();
        socket.end();
      });
    });
    await new Promise<void>((resolve) => {
      old.listen(keeperSocket(join(rack.folder, "state")), resolve);
    });
    const ear = await listen(daemon());
    expect(asked).toBe("leave");
    await rack.print("web1", "new");
    await ear.until(() => ear.text.includes("new"));
  });

  test("without a program to start, or drivers to keep for, ports are opened by whoever wants them", async () => {
    const entry = rack.hosts.get("web1") as HostEntry;
    const config = rack.config();
    const none = new KeptPorts({ config, clock: systemClock, note: (text) => notes.push(text) });
    expect(await none.port(entry)).toBeUndefined();
    const plain = new KeptPorts({ config, clock: systemClock, note: () => {}, start: startHere });
    expect(await plain.port(entry)).toBeUndefined();
    expect(keepers).toHaveLength(0);
    expect(notes).toEqual([]);
  });

  test("a keeper that ends at its start is told of, and ports are opened by whoever wants them", async () => {
    const config = rack.config({ drivers: [join(rack.folder, "drivers")] });
    const note = (text: string) => void notes.push(text);
    const kept = new KeptPorts({
      config,
      clock: systemClock,
      note,
      start: () => Promise.resolve(),
    });
    expect(await kept.port(rack.hosts.get("web1") as HostEntry)).toBeUndefined();
    expect(notes).toEqual([
      `ports are held without a keeper: Cannot reach a keeper at "${keeperSocket(config.state)}"`,
    ]);
  });

  test("a keeper to which no daemon comes gives up after ten minutes", async () => {
    const clock = new ManualClock();
    const socket = keeperSocket(join(rack.folder, "state"));
    const ended = keepPorts(socket, clock, new AbortController().signal);
    while (!existsSync(socket)) await setImmediate();
    await clock.advance(minutes(10));
    await ended;
    expect(existsSync(socket)).toBe(false);
  });
});
