import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MockRack } from "../../mocks/rack.ts";
import {
  DEMO_ANNOUNCEMENT,
  type Environment,
  findConfig,
  makeOwnFolder,
  placesOf,
} from "../config/places.ts";
import { Registry } from "../core/registry/registry.ts";
import { type Clock, type Millis, systemClock } from "../lib/clock.ts";
import { formatDuration, minutes, seconds } from "../lib/durations.ts";
import { OobError } from "../lib/errors.ts";
import type { SnmpProfile } from "../sdk/snmp-profile.ts";
import { openSite } from "./client.ts";
import { writeDemoSite } from "./demo-site.ts";
import { DemoStory } from "./demo-story.ts";

const HOSTS = ["web1", "web2", "db1"] as const;
/** The one that panics. */
const VICTIM = "web2";
const BOOTED_WITHIN: Millis = seconds(60);
const RECOVERED_WITHIN: Millis = minutes(3);
const DAEMON_STARTS_WITHIN: Millis = seconds(20);

/** How the demo is run. */
export interface DemoOptions {
  /** End after the first recovery. */
  readonly once: boolean;
  readonly say: (line: string) => void;
  /** The program and arguments that are `oob`: the demo starts the real daemon. */
  readonly oob: readonly [string, ...string[]];
  readonly env?: Environment;
  readonly clock?: Clock;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/**
 * A simulated rack and the real daemon on it: three hosts behind a telnet console server, a PDU with an SNMPv3 agent.
 * One host panics; what is told is what the daemon's own events say. Resolves to false when it did not recover.
 */
export async function demo(options: DemoOptions): Promise<boolean> {
  const { say, env = process.env, clock = systemClock, signal } = options;
  const began = clock.monotonic();
  const folder = await mkdtemp(join(tmpdir(), "oob-demo-"));
  const announcement = join(placesOf(env).runtime, DEMO_ANNOUNCEMENT);
  const undo: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  try {
    const secrets = { auth: secret(), priv: secret(), login: "oob" };
    const profiles = await new Registry([]).profiles<SnmpProfile>("snmp");
    const family = profiles.get("apc-rpdu2");
    if (!family) throw new OobError("INTERNAL", 'Cannot build the rack: no profile "apc-rpdu2"');
    const rack = await MockRack.start({ names: HOSTS, clock, family, secrets });
    undo.push(() => rack.close());
    const config = await writeDemoSite(folder, HOSTS, rack, secrets);
    say(
      `A simulated rack: ${HOSTS.join(", ")} behind a telnet console server, outlets pdu-a/1 to /3`,
    );
    say(`on a PDU with a real SNMPv3 agent. Configuration: ${config}`);
    const usual = await findConfig(undefined, env);
    const daemon = await startDaemon(options, config);
    undo.push(() => stopDaemon(daemon));
    const site = await openSite({ config, env });
    undo.push(() => site.close());
    if (usual === undefined) {
      await makeOwnFolder(placesOf(env).runtime, 0o711);
      await writeFile(announcement, JSON.stringify({ config, pid: process.pid }), { mode: 0o600 });
      undo.push(() => rm(announcement, { force: true }));
    }
    const story = new DemoStory(site, say, clock, signal);
    undo.push(() => story.stop());
    const recovered = await play(rack, story, clock, signal);
    say("");
    say(
      `${recovered ? "Recovered" : "NOT recovered"}, ${formatDuration(clock.monotonic() - began)} after the start.`,
    );
    if (options.once || !recovered) return recovered;
    invite(say, usual === undefined ? "" : ` --config ${config}`);
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    return true;
  } finally {
    for (const one of undo.reverse()) await one();
  }
}

/** The story: three boots, a panic, and what the watchdog makes of it. */
async function play(
  rack: MockRack,
  story: DemoStory,
  clock: Clock,
  signal: AbortSignal,
): Promise<boolean> {
  const booted = () => rack.hosts.every((host) => host.phase === "login");
  for (let waited = 0; !booted(); waited += 100) {
    if (waited > BOOTED_WITHIN) return false;
    await clock.sleep(100, signal);
  }
  story.tell("all hosts show a login prompt");
  await clock.sleep(seconds(3), signal);
  story.tell(`${VICTIM} is made to panic now`);
  // Its incident is closed last: what is told afterwards must not stand among the hints.
  const ended = Promise.all(
    ["watch.recovered", "incident.close"].map((type) =>
      story.until((event) => event.host === VICTIM && event.type === type),
    ),
  );
  rack.hosts[HOSTS.indexOf(VICTIM)]?.panic();
  const late = clock.sleep(RECOVERED_WITHIN, signal).then(() => false);
  return Promise.race([ended.then(() => true), late]);
}

function invite(say: (line: string) => void, flag: string): void {
  say("");
  say("The rack keeps running. In a second terminal, in this folder:");
  say(`  npx oob status${flag}`);
  say(`  npx oob attach web1${flag}             (log in with root and oob)`);
  for (const command of ["incident list", `log ${VICTIM} -n 30`, "power cycle db1"])
    say(`  npx oob ${command}${flag}`);
  say("Ctrl-C ends it and removes everything.");
}

const secret = () => randomBytes(9).toString("base64url");

/** Starts `oob serve` and waits for its line that says ready. */
async function startDaemon({ oob, say }: DemoOptions, config: string): Promise<ChildProcess> {
  const [program, ...leading] = oob;
  const daemon = spawn(program, [...leading, "serve", "--config", config], {
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let talk = "";
  const started = new Promise<void>((resolve, reject) => {
    const listen = (chunk: Buffer) => {
      talk = (talk + chunk.toString("utf8")).slice(-4096);
      if (/^oob: ready/m.test(talk)) resolve();
    };
    daemon.stdout.on("data", listen);
    daemon.stderr.on("data", listen);
    daemon.once("error", reject);
    daemon.once("exit", (code) => {
      reject(
        new OobError(
          "DAEMON_UNREACHABLE",
          `Cannot run the demo: the daemon ended with ${code}: ${talk}`,
        ),
      );
    });
  });
  const late = systemClock.after(DAEMON_STARTS_WITHIN, () => daemon.kill());
  await started.finally(() => late.cancel());
  say(`${/^oob: (ready.*)$/m.exec(talk)?.[1] ?? "ready"} (pid ${daemon.pid})`);
  say("");
  return daemon;
}

async function stopDaemon(daemon: ChildProcess): Promise<void> {
  if (daemon.exitCode !== null || daemon.signalCode !== null) return;
  const ended = new Promise((resolve) => daemon.once("exit", resolve));
  daemon.kill("SIGTERM");
  await ended;
}
