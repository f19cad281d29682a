import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bareHost } from "../../../src/config/bare-config.ts";
import { readOptions } from "../../../src/config/option-values.ts";
import type { HostEntry } from "../../../src/config/site-config.ts";
import type { Audit, NewEvent } from "../../../src/core/audit/audit.ts";
import { createDetector } from "../../../src/core/detect/create-detector.ts";
import { ConsoleLog } from "../../../src/core/log/console-log.ts";
import { GroupSync } from "../../../src/core/log/group-sync.ts";
import { LocalPort } from "../../../src/core/port/local-port.ts";
import { ReadPace } from "../../../src/core/port/read-pace.ts";
import { Registry } from "../../../src/core/registry/registry.ts";
import { type RunPower, runRunbook } from "../../../src/core/runbook/run-runbook.ts";
import { Session } from "../../../src/core/session/session.ts";
import type { HostStatus, RunEvent } from "../../../src/core/site/site.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { minutes } from "../../../src/lib/durations.ts";
import type { Runbook } from "../../../src/sdk/runbook.ts";
import { openPty } from "../../pty.ts";
import { request } from "../session/session-kit.ts";
import { Wire } from "../wire.ts";

/** What the line does to bytes on their way. */
export interface LineTrouble {
  typed?: (bytes: Buffer) => Buffer;
  printed?: (bytes: Buffer) => Buffer;
  /** Bytes a second each way: 960 at 9600 baud. */
  bytesPerSecond?: number;
}

interface ShellOptions extends LineTrouble {
  /** ["dash", "-i"] */
  readonly command?: readonly string[];
  readonly prompt?: string;
  /** How the prompt ends as it is shown, where that is not `prompt`. */
  readonly shown?: RegExp;
  readonly path?: string;
  readonly password?: string;
  readonly host?: Partial<HostEntry>;
  readonly load?: (name: string) => Promise<Runbook>;
}

const noPower: RunPower = {
  read: async () => "unknown",
  on: async () => ({ power: "unknown", verified: false }),
  off: async () => ({ power: "unknown", verified: false }),
  cycle: async () => ({ power: "unknown", verified: false }),
};

/**
 * A runbook at a real shell on a real tty: what its hands type, a real program reads. The line between is a wire in
 * memory that may lose, change and delay bytes.
 */
export async function shellKit(options: ShellOptions = {}) {
  const { command = ["dash", "-i"], prompt = "web1# " } = options;
  const trouble: LineTrouble = { ...options };
  const folder = mkdtempSync(join(tmpdir(), "oob-hands-"));
  const home = mkdtempSync(join(folder, "host-"));
  const state = join(folder, "state");
  const pty = await openPty();
  const start = (words: readonly string[]) => {
    const fd = openSync(pty.path, "r+");
    const child = spawn("/usr/bin/setsid", ["-c", ...words], {
      stdio: [fd, fd, fd],
      cwd: home,
      env: { PATH: options.path ?? process.env.PATH, TERM: "vt100", PS1: prompt, HOME: home },
    });
    closeSync(fd);
    return child;
  };
  let child: ChildProcess = start(command);
  const wire = new Wire();
  const counts = { typed: 0, printed: 0 };
  const paced = pacer(trouble);
  const print = paced((bytes) => {
    counts.printed += bytes.length;
    const came = trouble.printed?.(bytes) ?? bytes;
    if (came.length > 0) wire.print(came);
  });
  const toHost = paced((bytes) => {
    const came = trouble.typed?.(bytes) ?? bytes;
    if (came.length > 0) void pty.write(came);
  });
  pty.onBytes(print);
  const clock = systemClock;
  const sync = new GroupSync({ clock, interval: 1000, failed: () => undefined });
  const port = new LocalPort({
    host: "web1",
    clock,
    random: () => 0,
    log: new ConsoleLog({ state, host: "web1", clock, sync, segmentBytes: 1 << 30 }),
    pace: new ReadPace(clock),
    open: async (opening) => {
      const link = await wire.open(opening);
      const write = async (bytes: Uint8Array) => {
        counts.typed += bytes.length;
        await link.write(bytes);
        toHost(Buffer.from(bytes));
      };
      return { ...link, write };
    },
  });
  const audit: NewEvent[] = [];
  const note = (event: NewEvent) => ({ ...event, seq: audit.push(event), at: clock.now() });
  const session = new Session({
    host: "web1",
    port,
    detector: createDetector(await new Registry().rules()),
    audit: { note },
    clock,
    encoding: "utf-8",
    breakMs: 300,
    idleTimeout: minutes(30),
    status: () => ({ host: "web1" }) as HostStatus,
  });
  await session.start();
  if (options.shown === undefined) await pty.until(prompt);
  else await pty.until(/[$#] $/.exec(prompt)?.[0] ?? prompt);

  const hostFolder = join(state, "hosts", "web1");
  /** Runs a runbook to its end. `watch` sees each event as it comes. */
  const run = async (
    book: Runbook["run"] | Runbook,
    more: { dryRun?: boolean; signal?: AbortSignal; watch?: (event: RunEvent) => void } = {},
  ) => {
    const runbook: Runbook =
      typeof book === "function"
        ? {
            ...{ title: "a test", summary: "a test", risk: "type", sources: ["test"], options: {} },
            ...{ timeout: minutes(5), run: book },
          }
        : book;
    const events: RunEvent[] = [];
    const result = await runRunbook({
      name: "book",
      runbook,
      host: {
        ...bareHost("web1", { driver: "tcp", options: {} }),
        hostname: "any",
        ...options.host,
      },
      console: session,
      power: noPower,
      credentials: { user: "root", password: async () => options.password ?? "correct horse" },
      loaders: new Map(),
      options: readOptions(runbook.options, {}).values,
      dryRun: more.dryRun ?? false,
      by: "alice",
      reason: "test",
      audit: { note, commit: async (event: NewEvent) => note(event) } as unknown as Audit,
      clock,
      signal: more.signal ?? new AbortController().signal,
      emit: (event) => {
        events.push(event);
        more.watch?.(event);
      },
      folder: hostFolder,
      ...(options.load ? { load: options.load } : {}),
    });
    const story = events.map((event) => `${event.step ?? "-"}: ${event.text}`).join("\n");
    return { result, events, story, end: events.at(-1) };
  };
  /** Folders that runs made here, and that are still there. */
  const leftFolders = (): string[] => {
    const named = wire.typed.join("").match(/oob-[0-9a-f]{12}\b/g) ?? [];
    return ["/run", "/dev/shm", "/dev", "/tmp", "/var/tmp"]
      .flatMap((root) => [...new Set(named)].map((name) => join(root, name)))
      .filter((path) => existsSync(path));
  };
  const end = async () => {
    for (const path of leftFolders()) rmSync(path, { recursive: true });
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await gone;
    await session.stop();
    await pty.close();
    rmSync(folder, { recursive: true, force: true });
  };
  /** The host is rebooted: its shell dies, and something else has the line. */
  const restart = async (words: readonly string[]) => {
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
    child = start(words);
  };
  const takeSeat = () => session.attach(request({ replayLines: 0 }), "bob");
  return {
    trouble,
    home,
    hostFolder,
    pty,
    wire,
    session,
    audit,
    counts,
    run,
    end,
    restart,
    takeSeat,
    leftFolders,
  };
}

/** Hands bytes on at the speed of the line, in order. */
function pacer(trouble: LineTrouble) {
  return (deliver: (bytes: Buffer) => void) => {
    let waiting = Buffer.alloc(0);
    let timer: ReturnType<typeof setTimeout> | undefined;
    let due = 0;
    const turn = () => {
      timer = undefined;
      const rate = trouble.bytesPerSecond ?? 0;
      const now = performance.now();
      const count = Math.max(1, Math.floor(((now - due) * rate) / 1000));
      const piece = waiting.subarray(0, count);
      due += (piece.length * 1000) / rate;
      waiting = waiting.subarray(piece.length);
      deliver(Buffer.from(piece));
      if (waiting.length > 0) timer = setTimeout(turn, 10);
    };
    return (bytes: Buffer) => {
      if (trouble.bytesPerSecond === undefined) return deliver(bytes);
      if (timer === undefined) due = performance.now();
      waiting = Buffer.concat([waiting, bytes]);
      timer ??= setTimeout(turn, 10);
    };
  };
}
