import { EventEmitter } from "node:events";
import { PassThrough } from "node:stream";
import type { Context, SiteOptions } from "../../src/cli/context.ts";
import { main } from "../../src/cli/main.ts";
import { type Clock, ManualClock } from "../../src/lib/clock.ts";
import { AT, SiteDouble } from "./site-double.ts";

/** How the world of a command differs from a pipe with a healthy site. */
interface World {
  readonly site?: SiteDouble;
  readonly openSite?: Context["openSite"];
  readonly stdinTty?: boolean;
  readonly stdoutTty?: boolean;
  readonly columns?: number;
  readonly env?: Record<string, string>;
  readonly clock?: Clock;
}

/** A command that runs, with its keys, its signals and what it said so far. */
export class RunningCli {
  readonly site: SiteDouble;
  readonly opened: SiteOptions[] = [];
  readonly signals = new EventEmitter();
  readonly stdin: PassThrough & { isTTY?: boolean; setRawMode?: (raw: boolean) => void };
  readonly rawModes: boolean[] = [];
  stdout = "";
  stderr = "";
  readonly code: Promise<number>;
  readonly #output = new EventEmitter();
  readonly out: PassThrough;

  constructor(argv: readonly string[], world: World = {}) {
    this.site = world.site ?? new SiteDouble();
    this.stdin = Object.assign(new PassThrough(), {
      isTTY: world.stdinTty ?? false,
      setRawMode: (raw: boolean) => this.rawModes.push(raw),
    });
    this.out = this.#sink(world.stdoutTty ?? false, world.columns, (text) => {
      this.stdout += text;
    });
    const err = this.#sink(world.stdoutTty ?? false, world.columns, (text) => {
      this.stderr += text;
    });
    this.code = main(argv, {
      stdin: this.stdin,
      stdout: this.out,
      stderr: err,
      env: { TERM: "xterm", ...world.env },
      clock: world.clock ?? new ManualClock(AT),
      signals: this.signals,
      openSite:
        world.openSite ??
        (async (options) => {
          this.opened.push(options);
          return this.site;
        }),
    });
  }

  /** Waits until stdout and stderr together match. */
  async saw(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.stdout + this.stderr))
      await new Promise((resolve) => this.#output.once("text", resolve));
  }

  #sink(isTTY: boolean, columns: number | undefined, take: (text: string) => void): PassThrough {
    const sink = Object.assign(
      new PassThrough(),
      isTTY ? { isTTY, columns: columns ?? 100, rows: 30 } : {},
    );
    sink.on("data", (chunk: Buffer) => {
      take(chunk.toString("utf8"));
      this.#output.emit("text");
    });
    return sink;
  }
}

/** Runs a command line to its end. */
export async function runCli(
  argv: readonly string[],
  world: World = {},
): Promise<{
  code: number;
  stdout: string;
  stderr: string;
  site: SiteDouble;
  opened: SiteOptions[];
}> {
  const running = new RunningCli(argv, world);
  const code = await running.code;
  await new Promise((resolve) => setImmediate(resolve));
  const { stdout, stderr, site, opened } = running;
  return { code, stdout, stderr, site, opened };
}
