import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Site, SiteEvent } from "../../../src/core/site/site.ts";
import { openSite } from "../../../src/daemon/client.ts";
import { encodeFrame } from "../../../src/daemon/frames.ts";
import { keeperSocket } from "../../../src/daemon/keeper/kept.ts";

const PROGRAM = new URL("../../../bin/oob.js", import.meta.url).pathname;

/** A folder with a configuration and its secrets, and the real daemon as a process of its own on it. */
export class TestSite {
  readonly folder = mkdtempSync(join(tmpdir(), "oob-e2e-"));
  readonly config = join(this.folder, "oob.yaml");
  readonly events: SiteEvent[] = [];
  talk = "";
  #daemon: ChildProcess | undefined;
  #site: Site | undefined;

  /** `hosts` and `pdus` are YAML, indented by two. */
  constructor(yaml: string, secrets: Readonly<Record<string, string>> = {}) {
    const credentials = join(this.folder, "credentials");
    mkdirSync(credentials, { mode: 0o700 });
    for (const [name, value] of Object.entries(secrets)) {
      writeFileSync(join(credentials, name), value, { mode: 0o600 });
    }
    const head = `version: 1\nsite: e2e\nstate: ${this.folder}/state\nruntime: ${this.folder}/run\ncredentials: ${credentials}\n`;
    writeFileSync(this.config, head + yaml);
    chmodSync(this.config, 0o600);
  }

  get site(): Site {
    if (!this.#site) throw new Error("the daemon is not started");
    return this.#site;
  }

  /** The daemon's process. */
  get pid(): number {
    if (this.#daemon?.pid === undefined) throw new Error("the daemon is not started");
    return this.#daemon.pid;
  }

  /** Starts `oob serve`, connects to it and follows its events. */
  async start(): Promise<void> {
    await this.launch();
    const site = await openSite({ config: this.config });
    if (site.via !== "daemon") throw new Error("the client did not find the daemon");
    this.#site = site;
    this.#follow(site).catch(() => undefined);
  }

  /** Starts `oob serve`; resolves when it says that it is ready. */
  async launch(): Promise<void> {
    const daemon = spawn(process.execPath, [PROGRAM, "serve", "--config", this.config], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#daemon = daemon;
    const ready = new Promise<void>((resolve, reject) => {
      // What the one before said is no sign of this one.
      let said = "";
      const listen = (chunk: Buffer) => {
        said += chunk.toString("utf8");
        this.talk += chunk.toString("utf8");
        if (/^oob: ready/m.test(said)) resolve();
      };
      daemon.stdout?.on("data", listen);
      daemon.stderr?.on("data", listen);
      daemon.once("exit", (code) =>
        reject(new Error(`oob serve ended with ${code}: ${this.talk}`)),
      );
    });
    await ready;
  }

  /** Runs the program on this configuration, to its end. */
  run(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
    return new Promise((resolve) => {
      const all = [PROGRAM, ...args, "--config", this.config];
      const child = execFile(process.execPath, all, { maxBuffer: 1 << 28 }, (_, stdout, stderr) =>
        resolve({ code: child.exitCode, stdout, stderr }),
      );
    });
  }

  /** Sends the daemon a signal. */
  signal(name: NodeJS.Signals): void {
    this.#daemon?.kill(name);
  }

  /** Kills the daemon without warning. */
  async kill(): Promise<void> {
    this.talk = "";
    this.#daemon?.kill("SIGKILL");
    if (this.#daemon && this.#daemon.exitCode === null)
      await once(this.#daemon, "exit").catch(() => []);
    this.#daemon = undefined;
    this.#site = undefined;
  }

  /** Waits until an event of the daemon satisfies `is`; events of the past count. */
  async event(
    what: string,
    is: (event: SiteEvent) => boolean,
    withinMs: number,
  ): Promise<SiteEvent> {
    const end = performance.now() + withinMs;
    for (;;) {
      const found = this.events.find(is);
      if (found) return found;
      if (performance.now() > end) {
        const seen = this.events.map((event) => `${event.type} ${event.host ?? ""} ${event.text}`);
        throw new Error(
          `no event "${what}" within ${withinMs} ms; seen:\n${seen.join("\n")}\n${this.talk}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  ofHost(host: string, type: RegExp): SiteEvent[] {
    return this.events.filter((event) => event.host === host && type.test(event.type));
  }

  /** Ends the daemon as an admin would. */
  async end(): Promise<void> {
    await this.#site?.close();
    const daemon = this.#daemon;
    if (daemon && daemon.exitCode === null) {
      daemon.kill("SIGTERM");
      await once(daemon, "exit");
    }
    this.#daemon = undefined;
    this.#site = undefined;
  }

  async stop(): Promise<void> {
    await this.end();
    await this.#endKeeper();
    // The connection ends before the keeper's process does: a file of it may come while the folder goes.
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 20 });
  }

  /** A daemon that was killed leaves the keeper of its ports behind. */
  async #endKeeper(): Promise<void> {
    const socket = connect(keeperSocket(join(this.folder, "state")));
    socket.on("error", () => undefined).resume();
    socket.write(encodeFrame({ is: "call", id: 0, method: "leave" }));
    await new Promise((resolve) => socket.once("close", resolve));
  }

  async #follow(site: Site): Promise<void> {
    for await (const event of site.events({ hosts: [], follow: true })) this.events.push(event);
  }
}
