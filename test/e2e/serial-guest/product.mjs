/* The product as people run it, in the guest: `oob serve` on a configuration of its own, and single commands. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The folder that this machine and the one around it share. */
export const SHARED = "/tmp/work";
const PROGRAM = join(import.meta.dirname, "bin/oob.js");

/** Runs `oob …` to its end. */
export function oob(...args) {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [PROGRAM, ...args], (_, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
}

/** A site with its daemon. */
export class Site {
  #folder;
  #config;
  #daemon;
  #client;

  constructor(name, yaml, secrets = {}) {
    this.#folder = `/tmp/site-${name}`;
    this.#config = join(this.#folder, "oob.yaml");
    const credentials = join(this.#folder, "credentials");
    mkdirSync(credentials, { recursive: true, mode: 0o700 });
    for (const [secret, value] of Object.entries(secrets))
      writeFileSync(join(credentials, secret), value, { mode: 0o600 });
    const places = ["state", "runtime"].map((what) => `${what}: ${join(this.#folder, what)}\n`);
    const head = `version: 1\nsite: ${name}\n${places.join("")}credentials: ${credentials}\n`;
    writeFileSync(this.#config, head + yaml, { mode: 0o600 });
  }

  /** Starts the daemon; resolves when it is ready. */
  async serve() {
    const daemon = spawn(process.execPath, [PROGRAM, "serve", "--config", this.#config], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#daemon = daemon;
    process.on("exit", () => daemon.kill("SIGKILL"));
    let talk = "";
    await new Promise((resolve, reject) => {
      daemon.stderr.on("data", (chunk) => {
        talk += chunk;
        if (/^oob: ready/m.test(talk)) resolve();
      });
      daemon.once("exit", (code) => reject(new Error(`oob serve ended with ${code}: ${talk}`)));
    });
  }

  async kill() {
    this.#client = undefined;
    this.#daemon.kill("SIGKILL");
    await once(this.#daemon, "exit");
  }

  /** A file of its state. */
  state(...path) {
    return join(this.#folder, "state", ...path);
  }

  /** A client of the daemon, as the command line has. */
  async client() {
    const { openSite } = await import("./dist/src/daemon/client.js");
    this.#client ??= await openSite({ config: this.#config });
    return this.#client;
  }

  /** Everything in the audit trail, oldest first. */
  events() {
    const trail = this.state("audit.jsonl");
    const lines = existsSync(trail) ? readFileSync(trail, "utf8").split("\n") : [];
    return lines.slice(0, -1).map((line) => JSON.parse(line));
  }

  /** The first event of this kind after the first `past` ones. */
  async event(type, is = () => true, { past = 0, ms = 30_000 } = {}) {
    const end = performance.now() + ms;
    for (;;) {
      const events = this.events().slice(past);
      const found = events.find((one) => one.type === type && is(one));
      if (found) return found;
      if (performance.now() > end) {
        const seen = events.map((one) => `${one.type} ${one.host ?? ""} ${one.text}`).join("\n");
        throw new Error(`no event ${type} within ${ms} ms; seen:\n${seen}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
