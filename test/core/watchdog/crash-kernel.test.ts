import { afterEach, describe, expect, it } from "vitest";
import { CrashKernel, mayHandOver } from "../../../src/core/watchdog/crash-kernel.ts";
import { latin1 } from "../../../src/lib/bytes.ts";
import { minutes, seconds } from "../../../src/lib/durations.ts";
import { Bench } from "./watchdog-doubles.ts";

const KEPT = "[    0.000000] Command line: root=/dev/sda1 crashkernel=192M quiet";
const END = "[   99.300000] ---[ end Kernel panic - not syncing: Fatal exception ]---";

describe("CrashKernel", () => {
  const told = async (...boots: readonly string[][]) => {
    const text = boots.map((lines) =>
      ["[    0.000000] Linux version 6.1.0 (x@y)", ...lines, "web1 login: "].join("\r\n"),
    );
    const bytes = latin1(text.join("\r\n"));
    return new CrashKernel().look({ tail: () => Promise.resolve({ bytes, offset: 0 }) });
  };

  it.each([
    [KEPT, "crashkernel=192M"],
    [
      "Kernel command line: ro crashkernel=1G-4G:192M,4G-:256M@16M x",
      "crashkernel=1G-4G:192M,4G-:256M@16M",
    ],
    [
      "[    0.01] Reserving 192MB of memory at 560MB for crashkernel (System RAM: 1023MB)",
      "Reserving 192MB of memory at 560MB for crashkernel",
    ],
    [
      "[    0.01] crashkernel reserved: 0x00000000dfe00000 - 0x00000000ffe00000 (512 MB)",
      "crashkernel reserved: 0x",
    ],
    ["kdump-tools[412]: loaded kdump kernel.", "kdump-tools[412]: loaded kdump kernel"],
  ])("is told of by %s", async (line, what) => {
    expect(await told([line])).toBe(what);
  });

  it.each([
    ["a boot without one", ["[    0.000000] Command line: root=/dev/sda1"]],
    [
      "memory that could not be kept",
      [KEPT, "[    0.01] crashkernel reservation failed - No suitable area found."],
    ],
    [
      "the crash kernel itself",
      ["[    0.000000] Command line: elfcorehdr=0x2d000000 crashkernel=192M"],
    ],
  ])("is not there after %s", async (_, lines) => {
    expect(await told(lines)).toBeUndefined();
  });

  it("is looked for again where the log could not be read, and where another boot began meanwhile", async () => {
    const bytes = latin1(`Linux version 6.1.0\r\n${KEPT}\r\n`);
    const kernel = new CrashKernel();
    const tails = [
      () => Promise.reject(new Error("EIO")),
      () => {
        kernel.boots();
        return Promise.resolve({ bytes, offset: 0 });
      },
      () => Promise.resolve({ bytes, offset: 0 }),
    ];
    const log = { tail: () => tails.shift()?.() ?? Promise.reject(new Error("once more")) };
    await expect(kernel.look(log)).rejects.toThrow("EIO");
    expect(await kernel.look(log)).toBeUndefined();
    expect(await kernel.look(log)).toBe("crashkernel=192M");
    expect(await kernel.look(log)).toBe("crashkernel=192M");
  });

  it("is told of by the last boot alone, and forgotten with the next", async () => {
    expect(await told([KEPT], ["nothing of it"])).toBeUndefined();
    expect(await told(["nothing of it"], [KEPT])).toBe("crashkernel=192M");
    let text = `Linux version 6.1.0\r\n${KEPT}\r\n`;
    const log = { tail: () => Promise.resolve({ bytes: latin1(text), offset: 0 }) };
    const kernel = new CrashKernel();
    expect(await kernel.look(log)).toBe("crashkernel=192M");
    text = "";
    expect(await kernel.look(log)).toBe("crashkernel=192M");
    kernel.boots();
    expect(await kernel.look(log)).toBeUndefined();
  });
});

describe("mayHandOver()", () => {
  const PANIC = "[   99.100000] Kernel panic - not syncing: Fatal exception";
  it("a panic whose end was not printed may hand over to a crash kernel", () => {
    expect(mayHandOver([PANIC, "[   99.2] Call Trace:"])).toBe(true);
    expect(mayHandOver([PANIC, END])).toBe(false);
    expect(mayHandOver([PANIC, "[   99.2] Rebooting in 30 seconds.."])).toBe(false);
    expect(mayHandOver([PANIC, END, PANIC])).toBe(true);
    expect(mayHandOver(["web1 login: "])).toBe(false);
  });
});

describe("a panic with a crash kernel in memory", () => {
  let bench: Bench;
  afterEach(() => bench.end());

  async function boots(...lines: readonly string[]) {
    bench = await new Bench(["web1"]).start();
    const console = bench.console();
    console.boots();
    for (const line of lines) console.prints(`${line}\r\n`);
    console.asksForLogin();
    await bench.pass(minutes(1));
    return console;
  }

  async function panics(...lines: readonly string[]) {
    const console = await boots(...lines);
    console.panics();
    return console;
  }

  it("is given its time to speak, and is cut when it does not", async () => {
    const console = await panics(KEPT);
    await bench.pass(minutes(5) - seconds(5));
    expect(console.sent).toEqual([]);
    expect(bench.relay.orders).toEqual([]);
    expect(bench.watchdog.statusOf("web1")?.next).toMatch(
      /a crash kernel \(crashkernel=192M\) is given 5m to show its dump/,
    );
    await bench.pass(minutes(1));
    expect(bench.relay.orders).toEqual(["cycle web1 1-cycle-1"]);
  });

  it("is given the same time where an oops was looked at minutes before", async () => {
    const console = await boots(KEPT);
    console.answers = "none";
    console.shows("crash", "oops", "confirm", "[   90.100000] Oops: 0000 [#1] SMP");
    await bench.pass(minutes(3));
    console.panics();
    await bench.pass(minutes(5) - seconds(5));
    expect(bench.relay.orders).toEqual([]);
    await bench.pass(minutes(2));
    expect(bench.relay.orders).toEqual(["cycle web1 1-cycle-1"]);
  });

  it("is not typed at or cut while its dump is written, however late that began, nor when it stands still", async () => {
    const console = await panics(KEPT);
    await bench.pass(minutes(4));
    console.shows("busy", "crash-dump", "hold", "Command line: irqpoll elfcorehdr=0x2d000000");
    await bench.pass(minutes(60));
    expect(console.sent).toEqual([]);
    expect(bench.relay.orders).toEqual([]);
    expect(await bench.texts("watch.page")).toEqual([
      expect.stringMatching(/crash-dump, and nothing new shows for 15m: look at it/),
    ]);
  });

  it.each([
    ["no crash kernel was told of", ["Command line: root=/dev/sda1"], []],
    ["the panic says that it stays", [KEPT], [END]],
  ])("is cut as ever where %s", async (_, boot, after) => {
    const console = await panics(...boot);
    for (const line of after) console.prints(`${line}\r\n`);
    await bench.pass(seconds(70));
    expect(bench.relay.orders).toEqual(["cycle web1 1-cycle-1"]);
  });
});
