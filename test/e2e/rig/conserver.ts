import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { systemClock } from "../../../src/lib/clock.ts";

const PROGRAM = "/usr/sbin/conserver";
export const conserverInstalled = existsSync(PROGRAM);

/** A conserver of a test on an address of loopback, in the foreground. */
export class Conserver {
  readonly folder: string;
  readonly address: string;
  readonly port: number;
  #process: ChildProcess | undefined;

  constructor(root: string, port: number, address = "127.0.0.1") {
    this.folder = mkdtempSync(join(root, "conserver-"));
    this.port = port;
    this.address = address;
  }

  /** `config`: lines of the config block; `access`: trusted, or allowed with a password. */
  async start(setup: {
    readonly consoles: readonly string[];
    readonly config?: readonly string[];
    readonly access?: "trusted" | "allowed";
    readonly passwords?: Readonly<Record<string, string>>;
  }): Promise<void> {
    const { consoles, config = ["sslrequired no;"], access = "trusted", passwords = {} } = setup;
    const file = (name: string) => join(this.folder, name);
    writeFileSync(
      file("cf"),
      [
        `config * { ${config.join(" ")} }`,
        String.raw`break 4 { string "\z"; }`,
        `access * { ${access} 127.0.0.0/8; }`,
        'default full { rw *; logfile ""; master localhost; break 4; }',
        ...consoles,
        "",
      ].join("\n"),
    );
    const lines = Object.entries(passwords).map(([user, password]) => {
      const hash = spawnSync("openssl", ["passwd", "-6", password], { encoding: "utf8" });
      return `${user}:${hash.stdout.trim()}\n`;
    });
    writeFileSync(file("passwd"), lines.join(""), { mode: 0o600 });
    const words = ["-n", "-C", file("cf"), "-P", file("passwd"), "-p", String(this.port)];
    const child = spawn(PROGRAM, [...words, "-M", this.address, "-L", file("log")], {
      stdio: "ignore",
      detached: true,
    });
    this.#process = child;
    for (let tries = 0; tries < 1000; tries++) {
      if (child.exitCode !== null) break;
      if (await answers(this.port, this.address)) return;
      await systemClock.sleep(20);
    }
    throw new Error(`conserver does not answer on ${this.port}:\n${this.log}`);
  }

  get log(): string {
    const file = join(this.folder, "log");
    return existsSync(file) ? readFileSync(file, "latin1") : "";
  }

  /** Kills the master and its groups. */
  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child?.pid === undefined || child.exitCode !== null) return;
    process.kill(-child.pid, "SIGKILL");
    if (child.signalCode === null) await once(child, "exit");
  }
}

const answers = (port: number, host: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ port, host });
    const settle = (good: boolean) => {
      socket.destroy();
      resolve(good);
    };
    socket.once("data", () => settle(true));
    socket.once("error", () => settle(false));
    socket.once("end", () => settle(false));
  });
