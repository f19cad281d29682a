/** For `oob backtest`: the configuration, the rules and the policy that logs are played with. Touches no device. */
import { bareConfig, bareHost } from "../config/bare-config.ts";
import { loadConfig } from "../config/load-config.ts";
import type { Environment } from "../config/places.ts";
import { readPolicy } from "../config/read-policy.ts";
import type { HostEntry, SiteConfig, WatchPolicy } from "../config/site-config.ts";
import { WATCH_PRESETS } from "../config/watch-policy.ts";
import { type Backtest, playLog } from "../core/backtest/backtest.ts";
import type { PlayableLog } from "../core/backtest/log-moment.ts";
import { openLog } from "../core/backtest/open-log.ts";
import type { LogSummary } from "../core/backtest/story.ts";
import { openRegistry, Registry } from "../core/registry/registry.ts";
import { messageOf } from "../lib/errors.ts";
import type { Rule } from "../sdk/rule.ts";

export type { PlayableLog } from "../core/backtest/log-moment.ts";
export type { LogSummary, Story, StoryAct } from "../core/backtest/story.ts";
export { together } from "../core/backtest/story.ts";

/** What was asked for on the command line. */
export interface BacktestOptions {
  readonly config?: string | undefined;
  readonly policy?: string | undefined;
  readonly os?: string | undefined;
}

/** A log and what it will be played with. */
export interface PreparedLog {
  readonly log: PlayableLog;
  readonly mode: string;
  /** Where the policy is from, for people. */
  readonly policy: string;
  readonly play: (told: Backtest["told"], signal: AbortSignal) => Promise<LogSummary>;
}

/** Prepares logs. Throws where the policy, or a configuration that was named, cannot be used. */
export class BacktestBench {
  readonly #config: SiteConfig;
  readonly #rules: readonly Rule[];
  readonly #policy: WatchPolicy | undefined;
  readonly #options: BacktestOptions;
  /** What could not be used and was left out. */
  readonly troubles: readonly string[];

  private constructor(
    config: SiteConfig,
    rules: readonly Rule[],
    policy: WatchPolicy | undefined,
    options: BacktestOptions,
    troubles: readonly string[],
  ) {
    this.#config = config;
    this.#rules = rules;
    this.#policy = policy;
    this.#options = options;
    this.troubles = troubles;
  }

  static async open(options: BacktestOptions, env: Environment): Promise<BacktestBench> {
    const { policy, config: named } = options;
    const troubles: string[] = [];
    const own = policy === undefined ? undefined : await readPolicy(policy);
    let config = bareConfig(env);
    try {
      config = await loadConfig(named, env, openRegistry);
    } catch (thrown) {
      if (named !== undefined) throw thrown;
      troubles.push(messageOf(thrown).split("\n")[0] ?? "");
    }
    const registry = new Registry(config.drivers);
    const rules = await registry.rules();
    troubles.push(...(await registry.brokenRules()).map(messageOf));
    return new BacktestBench(config, rules, own, options, troubles);
  }

  /** Throws USAGE where there is no such log. */
  async prepare(named: string): Promise<PreparedLog> {
    const log = await openLog(named, this.#config);
    const known = log.host === undefined ? undefined : this.#config.hosts.get(log.host);
    const entry = this.#entry(log.name, known);
    return {
      log,
      mode: entry.watch.mode,
      policy: this.#policyFrom(known),
      play: (told, signal) =>
        playLog(log, { entry, told, signal, site: this.#config, rules: this.#rules }),
    };
  }

  #entry(name: string, known: HostEntry | undefined): HostEntry {
    const imagined: HostEntry = {
      ...bareHost(name, { driver: "log", options: {} }),
      outlets: [{ pdu: "imagined", reference: "1" }],
      watch: WATCH_PRESETS.act,
    };
    const base = known ?? imagined;
    // One log is played alone: of the hosts that this one needs, nothing is known.
    const entry = { ...base, needs: [], watch: this.#policy ?? base.watch };
    return this.#options.os === undefined ? entry : { ...entry, os: this.#options.os };
  }

  #policyFrom(known: HostEntry | undefined): string {
    if (this.#policy) return `"${this.#options.policy}"`;
    return known ? `the entry of ${known.name}` : "the preset act";
  }
}
