import type { Site } from "../core/site/site.ts";
import { type Clock, systemClock } from "../lib/clock.ts";

/** Which site a command wants. */
export interface SiteOptions {
  readonly config?: string;
  /** Hosts and PDUs given as URLs. */
  readonly hosts?: readonly string[];
  /** Open the devices in this process even if a daemon runs. */
  readonly direct?: boolean;
}

/** Where results or talk go. */
export type Sink = NodeJS.WritableStream & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  readonly fd?: number;
};

/** Where a person's keys, or a pipe's bytes, come from. */
export type Source = NodeJS.ReadableStream & {
  readonly isTTY?: boolean;
  setRawMode?(raw: boolean): unknown;
};

/** The world as a command sees it. Tests give their own. */
export interface Context {
  readonly stdin: Source;
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Where signals arrive. */
  readonly signals: NodeJS.EventEmitter;
  /** `onDemo` is told where the site is that of a running demo, which nobody named. */
  readonly openSite: (options: SiteOptions, onDemo: (config: string) => void) => Promise<Site>;
  /** Runs another command line, in another context, in this process. */
  readonly again?: (argv: readonly string[], context: Context) => Promise<number>;
}

/** The context of a real process. */
export function processContext(): Context {
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    clock: systemClock,
    signals: process,
    openSite: async (options, onDemo) =>
      (await import("../daemon/client.ts")).openSite({ ...options, onDemo }),
  };
}
