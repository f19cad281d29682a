/**
 * A host whose owner is an enemy, through the real daemon to a person's pty: what `attach`, `spy`, `log`, `events` and the
 * other commands write there is captured raw and read by a parser of its own (rig/escape-scan.ts).
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openPty, type Pty } from "../pty.ts";
import { TestSite } from "./rig/daemon.ts";
import { dangers } from "./rig/escape-scan.ts";
import { HostileLine } from "./rig/hostile-line.ts";

const PROGRAM = new URL("../../bin/oob.js", import.meta.url).pathname;
const ESC = "\u001b";
const BEL = "\u0007";
const LEAVE = "\u001d.";
const MIB = 1 << 20;
/** Milliseconds between two lines of the quiet console. */
const BEAT = 20;

/** The classes of hostile output, as [what, its 7-bit form]. */
const CLASSES: readonly (readonly [string, string])[] = [
  ["window title", `${ESC}]0;PWNED${BEL}`],
  ["title report", `${ESC}[21t`],
  ["clipboard", `${ESC}]52;c;cm0gLXJmIC8K${BEL}`],
  ["DECRQSS", `${ESC}P$qm${ESC}\\`],
  ["device attributes", `${ESC}[c${ESC}[>c${ESC}[=c${ESC}[5n${ESC}[6n`],
  ["ENQ", "\u0005"],
  ["APC", `${ESC}_Ga=T,f=100;AAAA${ESC}\\`],
  ["tmux passthrough", `${ESC}Ptmux;${ESC}${ESC}]52;c;cm0K${BEL}${ESC}\\`],
  ["link", `${ESC}]8;;http://evil.example/${ESC}\\click${ESC}]8;;${ESC}\\`],
  ["mouse mode", `${ESC}[?1003h${ESC}[?1006h`],
  ["bracketed paste", `${ESC}[?2004l${ESC}[?2004h`],
  ["OSC 777", `${ESC}]777;notify;PWNED;now${BEL}`],
  ["OSC 9", `${ESC}]9;PWNED${BEL}`],
  ["media copy", `${ESC}[5i${ESC}[?5i`],
  ["DECUDK", `${ESC}P0;1|17/0d${ESC}\\`],
];

/** 8-bit introducers of the 7-bit ones. */
const C1: Readonly<Record<string, number>> = { "]": 0x9d, "[": 0x9b, P: 0x90, _: 0x9f, "\\": 0x9c };

function eightBit(sevenBit: string): Buffer {
  const swap = (_: string, letter: string) => String.fromCharCode(C1[letter] ?? 0);
  return Buffer.from(sevenBit.replace(/\u001b([\][P_\\])/g, swap), "latin1");
}

/** The same as characters: U+009B is C2 9B, which a terminal that decodes first would obey. */
const asCharacters = (sevenBit: string) =>
  Buffer.from(eightBit(sevenBit).toString("latin1"), "utf8");

const OTHERS: readonly (readonly [string, Buffer])[] = [
  [
    "bidi and zero-width",
    Buffer.from("user\u202Etxt.exe\u202C a\u200Bb\u2066c\u2069\uFEFF\u{E0041}"),
  ],
  ["repeat", Buffer.from(`A${ESC}[2147483647b${ESC}[99999999L${ESC}[2147483647S`)],
  ["combining marks", Buffer.from(`e${"\u0301".repeat(5000)}`)],
  [
    "broken UTF-8",
    Buffer.from([0xc2, 0x1b, 0x5b, 0x63, 0xe2, 0x80, 0x9b, 0x63, 0xf0, 0x9f, 0x1b, 0x5d]),
  ],
  ["unfinished string", Buffer.from(`${ESC}]52;c;${"A".repeat(3000)}`)],
];

const PAYLOADS: readonly (readonly [string, Buffer])[] = [
  ...CLASSES.flatMap(([name, form]) => [
    [name, Buffer.from(form, "latin1")] as const,
    [`${name}, 8-bit`, eightBit(form)] as const,
    [`${name}, C1 as characters`, asCharacters(form)] as const,
  ]),
  ...OTHERS,
];

let evil: HostileLine;
let quiet: HostileLine;
let flooder: Flooder;
let site: TestSite;
/** Everything that the hostile host printed. */
const sent: Buffer[] = [];

beforeAll(async () => {
  evil = await HostileLine.start();
  quiet = await HostileLine.start();
  flooder = await Flooder.start();
  const console = (line: HostileLine) =>
    `console: { driver: telnet, host: 127.0.0.1, port: ${line.port} }`;
  site = new TestSite(`hosts:
  evil: { os: linux, ${console(evil)}, watch: { mode: observe, confirm-for: 10s } }
  flood: { os: linux, console: { driver: tcp, host: 127.0.0.1, port: ${flooder.port} }, watch: { mode: observe } }
  quiet: { os: linux, ${console(quiet)}, watch: { mode: "off" } }
`);
  await site.start();
  const up = (host: string) =>
    site.event(`${host} up`, (one) => one.host === host && one.type === "console.up", 20_000);
  await Promise.all([up("evil"), up("quiet"), up("flood")]);
});

afterAll(async () => {
  for (const one of people) await one.close();
  await site?.stop();
  evil?.close();
  quiet?.close();
  flooder?.close();
});

async function hostPrints(bytes: Buffer | string, split = false): Promise<void> {
  const piece = Buffer.from(bytes);
  sent.push(piece);
  await (split ? evil.printSplit(piece) : evil.print(piece));
}

const people: Pty[] = [];

/** A command at a person's own pty of 100 columns: all that it writes there is kept. */
async function at(
  words: readonly string[],
): Promise<{ pty: Pty; ended: Promise<number | null>; child: ChildProcess }> {
  const pty = await openPty();
  people.push(pty);
  execFileSync("stty", ["-F", pty.path, "cols", "100", "rows", "30", "-echo"]);
  const fd = openSync(pty.path, "r+");
  const child = spawn(process.execPath, [PROGRAM, ...words, "--config", site.config], {
    stdio: [fd, fd, fd],
    env: { ...process.env, TERM: "xterm-256color" },
  });
  closeSync(fd);
  const ended = once(child, "exit").then(([code]) => code as number | null);
  return { pty, ended, child };
}

/** A command to its end; what it wrote to the pty. */
async function shown(words: readonly string[], until?: string, leave = "\u0003"): Promise<Buffer> {
  const { pty, ended, child } = await at(words);
  if (until !== undefined) {
    await sees(pty, until);
    // A terminal that is not in raw mode makes the signal itself; this pty is nobody's controlling terminal.
    if (leave === "\u0003") child.kill("SIGINT");
    else await pty.write(leave);
  }
  await ended;
  await settled(pty);
  return pty.written;
}

/** Waits until the person sees the text. */
async function sees(pty: Pty, text: string): Promise<void> {
  const end = performance.now() + 30_000;
  while (!pty.written.includes(text)) {
    if (performance.now() > end)
      throw new Error(
        `did not see "${text}"; last: ${JSON.stringify(pty.written.subarray(-600).toString("latin1"))}`,
      );
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** What was written last may still be on its way through the pty. */
async function settled(pty: Pty): Promise<void> {
  for (let size = -1; size !== pty.written.length; ) {
    size = pty.written.length;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe("a hostile host", () => {
  it("is seen as one by the parser of this suite, in every form, where nothing is filtered", async () => {
    for (const [name, payload] of PAYLOADS.filter(([one]) => one !== "combining marks"))
      expect({ name, seen: dangers(payload, "").length > 0 }).toEqual({ name, seen: true });
    const { pty, ended } = await at(["attach", "evil", "--replay", "0", "--filter", "raw"]);
    await sees(pty, "leave: ^] .");
    await hostPrints(`${PAYLOADS[0]?.[1].toString("latin1")}end of raw`);
    await sees(pty, "end of raw");
    expect(dangers(pty.written, "evil - oob")).toEqual([expect.stringContaining("PWNED")]);
    await pty.write(LEAVE);
    expect(await ended).toBe(0);
  });

  it("nothing of it obeys in events and incidents that quote it", async () => {
    // A shell's line editor asks for marked pastes: that one is a sign of life.
    const quoted = CLASSES.filter(([name]) => name !== "bracketed paste")
      .map(([, form]) => form)
      .join("");
    await hostPrints(`\r\n[   99.000001] Kernel panic - not syncing: \u202E${quoted} in init\r\n`);
    const incident = await site.event(
      "an incident",
      (one) => one.host === "evil" && one.type.startsWith("incident."),
      60_000,
    );
    const id = JSON.stringify(incident.data?.incident ?? 1);
    for (const words of [
      ["events"],
      ["events", "--json"],
      ["incident", "list"],
      ["incident", "show", id],
      ["incident", "show", id, "--json"],
      ["status"],
    ]) {
      const written = await shown(words);
      expect({ words, found: dangers(written, "") }).toEqual({ words, found: [] });
      expect(written.toString()).toMatch(/evil/);
    }
  });

  it.each(["whole", "split"] as const)(
    "nothing of it obeys on attach, printed live, %s",
    async (how) => {
      const { pty, ended } = await at(["attach", "evil", "--replay", "0"]);
      await sees(pty, "leave: ^] .");
      for (const [name, payload] of PAYLOADS) {
        const end = `end of ${name} ${how}`;
        await hostPrints(payload, how === "split");
        await hostPrints(`\r\n${end}\r\n`);
        await sees(pty, end);
        expect({ name, found: dangers(pty.written, "evil - oob") }).toEqual({ name, found: [] });
      }
      await pty.write(LEAVE);
      expect(await ended).toBe(0);
      await settled(pty);
      expect(dangers(pty.written, "evil - oob")).toEqual([]);
      expect(pty.written.toString("latin1").split(`${ESC}[?2004h`)).toHaveLength(2);
    },
  );

  it.each([
    ["attach, replayed", ["attach", "evil"], "end of replay", LEAVE],
    ["attach, strict", ["attach", "evil", "--filter", "strict"], "end of replay", LEAVE],
    ["spy", ["spy", "evil"], "end of replay", LEAVE],
    ["log", ["log", "evil"], undefined, undefined],
    ["log -f", ["log", "evil", "-f"], "end of replay", "\u0003"],
    ["log --grep", ["log", "evil", "--grep", "PWNED|user|click"], undefined, undefined],
    ["screen", ["screen", "evil"], undefined, undefined],
    ["screen --json", ["screen", "evil", "--json"], undefined, undefined],
    ["log --json", ["log", "evil", "--json"], undefined, undefined],
    ["status", ["status"], undefined, undefined],
    ["status --json", ["status", "--json"], undefined, undefined],
    ["watch", ["watch"], "q leave", "q"],
    ["attach --broadcast", ["attach", "--broadcast", "evil,quiet"], "end of replay", LEAVE],
  ] as const)("nothing of it obeys in %s", async (_, words, until, leave) => {
    for (const [, payload] of PAYLOADS) await hostPrints(payload);
    const name = PAYLOADS.map(([, payload]) =>
      payload.toString("latin1").replace(/[\r\n]/g, ""),
    ).join("");
    await hostPrints(Buffer.from(`\r\n${name}\u001b\\\r\nend of replay\r\n`, "latin1"));
    const written = await shown(words, until, leave);
    expect(written.length).toBeGreaterThan(40);
    expect(dangers(written, "evil - oob")).toEqual([]);
  });

  it("what the person's terminal answers by itself never reaches the host; keys do", async () => {
    const { pty, ended } = await at(["attach", "evil", "--replay", "0", "--reason", "e2e"]);
    await sees(pty, "leave: ^] .");
    const before = evil.typed.length;
    const answers = [
      `${ESC}[?1;2c`,
      `${ESC}[>0;276;0c`,
      `${ESC}[12;40R`,
      `${ESC}[0n`,
      `${ESC}[8;24;80t`,
    ]
      .concat([
        `${ESC}]10;rgb:ffff/0/0${ESC}\\`,
        `${ESC}]lPWNED${ESC}\\`,
        `${ESC}P1$r0m${ESC}\\`,
        `${ESC}P>|xterm(380)${ESC}\\`,
      ])
      .concat([`${ESC}[?1003;2$y`, `${ESC}_Gi=1;OK${ESC}\\`]);
    for (const answer of answers) await pty.write(answer);
    for (const answer of answers) for (const byte of answer) await pty.write(byte);
    await pty.write(`k${ESC}[Aeys\r`);
    const end = performance.now() + 10_000;
    while (!evil.typed.includes("eys\r") && performance.now() < end)
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect(evil.typed.subarray(before).toString("latin1")).toBe(`k${ESC}[Aeys\r`);
    await pty.write(LEAVE);
    expect(await ended).toBe(0);
  });

  it("the log on disk holds the true bytes", async () => {
    const all = Buffer.concat(sent);
    const log = () => readFileSync(join(site.folder, "state", "console", "evil", "current.raw"));
    const end = performance.now() + 10_000;
    while (log().length < all.length && performance.now() < end)
      await new Promise((resolve) => setTimeout(resolve, 50));
    expect(log().equals(all)).toBe(true);
  });

  it("20 MB in one string, repeats and floods: memory stays, and another console is not delayed", async () => {
    // Somebody watches: otherwise the console is read at leisure anyway. What is shown goes nowhere.
    const watcher = spawn(process.execPath, [PROGRAM, "spy", "flood", "--config", site.config], {
      stdio: ["ignore", "ignore", "ignore"],
    });
    const calm = await delays(() => new Promise((resolve) => setTimeout(resolve, 5000)));
    // Plain text first, at the same speed: what remains is what hostile text costs more.
    const plain = Buffer.from("plain text, as fast as it is read\r\n".repeat(500));
    const usual = await delays(() => flooder.print(plain, 20 * MIB));
    const before = memoryOfDaemon();
    let most = before;
    const looking = setInterval(() => {
      most = Math.max(most, memoryOfDaemon());
    }, 100);
    const repeats = `A${ESC}[2147483647b${ESC}[2147483647S${ESC}[2147483647L`;
    const hostile = await delays(async () => {
      await flooder.print(Buffer.from(`${ESC}]52;c;`), 1);
      await flooder.print(Buffer.alloc(16 << 10, "QUJD"), 20 * MIB);
      await flooder.print(Buffer.from(BEL), 1);
      await flooder.print(Buffer.from(repeats.repeat(500)), 2 * MIB);
      await flooder.print(Buffer.concat(PAYLOADS.map(([, payload]) => payload)), 2 * MIB);
    });
    clearInterval(looking);
    const ended = once(watcher, "exit");
    watcher.kill("SIGTERM");
    await ended;
    const times = { calm, usual, hostile };
    const told = Object.entries(times).map(([name, { half, late, noise }]) => {
      return `${name} ${half.toFixed(1)} / ${late.toFixed(1)} (${noise.toFixed(1)}) ms`;
    });
    console.log(
      `daemon: ${mib(before)} MiB before, ${mib(most)} MiB at most; another console, median / p99 (timers here): ${told.join(", ")}`,
    );
    expect(most - before).toBeLessThan(32 * MIB);
    expect(hostile.half - calm.half).toBeLessThan(10);
    // Less what this machine, which may have other work to do, makes of any timer.
    expect(hostile.late - Math.max(calm.late, hostile.noise)).toBeLessThan(50);
  });
});

/** A host that prints as fast as it is read, in a process of its own. */
class Flooder {
  readonly #child: ChildProcess;
  readonly port: number;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcess, lines: AsyncIterator<string>, port: number) {
    this.#child = child;
    this.#lines = lines;
    this.port = port;
  }

  static async start(): Promise<Flooder> {
    const program = new URL("./rig/flooder.mjs", import.meta.url).pathname;
    const child = spawn(process.execPath, [program], { stdio: ["pipe", "pipe", "inherit"] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return new Flooder(child, lines, Number((await lines.next()).value));
  }

  /** Prints a piece again and again, so many bytes in all; resolves when the reader took them. */
  async print(piece: Buffer, bytes: number): Promise<void> {
    this.#child.stdin?.write(`${piece.toString("base64")} ${bytes}\n`);
    await this.#lines.next();
  }

  close(): void {
    this.#child.kill();
  }
}

const mib = (bytes: number) => (bytes / MIB).toFixed(1);

/** Resident memory of the daemon. */
function memoryOfDaemon(): number {
  const status = readFileSync(`/proc/${site.pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
}

interface Delays {
  readonly half: number;
  readonly late: number;
  /** How late timers of this process were meanwhile, 99th percentile. */
  readonly noise: number;
}

/** How long a byte of the quiet console takes to its viewer while `work` goes on: the median and the 99th percentile. */
async function delays(work: () => Promise<void>): Promise<Delays> {
  const attachment = await site.site.attach({
    host: "quiet",
    mode: "read",
    reason: "",
    replayLines: 0,
    filter: "safe",
    columns: 100,
    rows: 30,
  });
  const sentAt = new Map<string, number>();
  const took: number[] = [];
  const reading = (async () => {
    let text = "";
    for await (const event of attachment.events) {
      if (event.is !== "bytes") continue;
      text += Buffer.from(event.bytes).toString("latin1");
      for (const [, number = ""] of text.matchAll(/<(\d+)>/g))
        took.push(performance.now() - (sentAt.get(number) ?? 0));
      text = text.slice(text.lastIndexOf(">") + 1);
    }
  })();
  let n = 0;
  const lateness: number[] = [];
  let due = performance.now() + BEAT;
  const beat = setInterval(() => {
    lateness.push(Math.max(0, performance.now() - due));
    due = performance.now() + BEAT;
    sentAt.set(String(++n), performance.now());
    void quiet.print(Buffer.from(`<${n}>\r\n`));
  }, BEAT);
  await work();
  clearInterval(beat);
  while (took.length < n) await new Promise((resolve) => setTimeout(resolve, 20));
  await attachment.leave();
  await reading;
  return { half: part(took, 0.5), late: part(took, 0.99), noise: part(lateness, 0.99) };
}

function part(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * share) - 1] ?? Number.POSITIVE_INFINITY;
}
