import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bareConfig, bareHost } from "../../../src/config/bare-config.ts";
import type { HostEntry, WatchPolicy } from "../../../src/config/site-config.ts";
import { WATCH_PRESETS } from "../../../src/config/watch-policy.ts";
import { playLog } from "../../../src/core/backtest/backtest.ts";
import { openLog } from "../../../src/core/backtest/open-log.ts";
import type { LogSummary, Story } from "../../../src/core/backtest/story.ts";
import { shippedRules } from "../detect/shipped-rules.ts";

/** What a backtest came to. */
export interface Played {
  readonly stories: readonly Story[];
  readonly summary: LogSummary;
}

/** A folder that a test writes logs into. */
export class Bench {
  readonly folder = mkdtempSync(join(tmpdir(), "oob-backtest-"));

  /** Writes a log of latin1 text; gives its path. */
  log(text: string, name = "web1.log"): string {
    const path = join(this.folder, name);
    writeFileSync(path, text, "latin1");
    return path;
  }

  async play(
    path: string,
    policy: Partial<WatchPolicy> = {},
    more: Partial<HostEntry> = {},
    signal = new AbortController().signal,
  ): Promise<Played> {
    const site = { ...bareConfig({}), state: this.folder };
    const entry: HostEntry = {
      ...bareHost("web1", { driver: "log", options: {} }),
      outlets: [{ pdu: "pdu", reference: "1" }],
      watch: { ...WATCH_PRESETS.act, ...policy },
      ...more,
    };
    const stories: Story[] = [];
    const told = (story: Story) => stories.push(story);
    const log = await openLog(path, site);
    const summary = await playLog(log, { entry, site, rules: shippedRules, told, signal });
    return { stories, summary };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

export const LOGIN = "\r\nDebian GNU/Linux 12 web1 ttyS0\r\n\r\nweb1 login: ";
export const PANIC =
  "\r\n[  812.100000] Kernel panic - not syncing: Fatal exception in interrupt\r\n" +
  "[  812.200000] ---[ end Kernel panic - not syncing: Fatal exception in interrupt ]---\r\n";
export const OOPS =
  "\r\n[  812.100000] BUG: kernel NULL pointer dereference, address: 0000000000000000\r\n" +
  "[  812.100100] Oops: 0002 [#1] PREEMPT SMP PTI\r\n";
export const BOOT = [
  "\r\n[    0.000000] Linux version 6.1.0-13-amd64 (gcc-12) #1 SMP\r\n",
  ...Array.from({ length: 60 }, (_, n) => `[    0.${100 + n}000] pci 0000:00:${n}.0: enabled\r\n`),
].join("");
