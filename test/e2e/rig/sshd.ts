import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { basename, join } from "node:path";
import { systemClock } from "../../../src/lib/clock.ts";
import { freePort } from "./machine.ts";

const NSS_WRAPPER = "/usr/lib/x86_64-linux-gnu/libnss_wrapper.so";
/** What is missing to run it, or "". */
export const sshdLacks = ["/usr/sbin/sshd", NSS_WRAPPER]
  .filter((path) => !existsSync(path))
  .join(", ");
/**
 * A user that exists for one sshd of a test, by nss_wrapper: the machine's own users stay as they are, and what their
 * shells read at a login (a minute of waiting, once) is none of ours.
 */
const USER = "probe";

const LISTENING = /Server listening on/g;

/** OpenSSH's sshd with keys, users and a configuration of its own, on loopback. */
export class Sshd {
  readonly folder: string;
  readonly user = USER;
  port = 0;
  readonly #password: string | undefined;
  readonly #lines: readonly string[];
  readonly #command: string | undefined;
  readonly #others: readonly string[];
  #process: ChildProcess | undefined;

  constructor(
    root: string,
    options: {
      readonly lines?: readonly string[];
      readonly command?: string;
      readonly password?: string;
      /** More users, each a line of passwd(5). */
      readonly others?: readonly string[];
    } = {},
  ) {
    this.folder = mkdtempSync(join(root, "sshd-"));
    this.#lines = options.lines ?? [];
    this.#command = options.command;
    this.#password = options.password;
    this.#others = options.others ?? [];
    makeKey(this.hostKey);
    makeKey(this.userKey);
  }

  get hostKey(): string {
    return join(this.folder, "host-key");
  }

  get userKey(): string {
    return join(this.folder, "user-key");
  }

  /** What it logged so far, at DEBUG1. */
  get log(): string {
    return existsSync(this.#logFile) ? readFileSync(this.#logFile, "latin1") : "";
  }

  get #logFile(): string {
    return join(this.folder, "log");
  }

  get fingerprint(): string {
    return fingerprintOf(this.hostKey);
  }

  /** A known-hosts file that has `key` for this server. */
  knownHosts(key = this.hostKey): string {
    const file = join(this.folder, `known-${basename(key)}`);
    writeFileSync(file, `# pinned\n[127.0.0.1]:${this.port} ${publicKey(key)}\n`);
    return file;
  }

  async start(): Promise<void> {
    this.port ||= await freePort();
    const config = join(this.folder, "sshd_config");
    writeFileSync(join(this.folder, "authorized"), `${publicKey(this.userKey)}\n`);
    writeFileSync(
      config,
      [
        `Port ${this.port}`,
        "ListenAddress 127.0.0.1",
        `HostKey ${this.hostKey}`,
        `AuthorizedKeysFile ${this.folder}/authorized`,
        "StrictModes no",
        "UsePAM no",
        "PidFile none",
        "LogLevel DEBUG1",
        "KbdInteractiveAuthentication no",
        `PasswordAuthentication ${this.#password === undefined ? "no" : "yes"}`,
        "PermitRootLogin yes",
        ...(this.#command === undefined ? [] : [`ForceCommand ${this.#command}`]),
        ...this.#lines,
        "",
      ].join("\n"),
    );
    if (userInfo().uid === 0) mkdirSync("/run/sshd", { recursive: true });
    // Logging to stderr, its sessions would log into their terminals.
    this.#process = spawn("/usr/sbin/sshd", ["-D", "-E", this.#logFile, "-f", config], {
      stdio: "ignore",
      env: { ...process.env, ...this.#users() },
    });
    const starts = this.log.match(LISTENING)?.length ?? 0;
    await this.logged(new RegExp(`(?:${LISTENING.source}[^]*){${starts + 1}}`));
  }

  /** Waits until its log has this. */
  async logged(pattern: RegExp): Promise<void> {
    for (let tries = 0; tries < 1000; tries++) {
      if (pattern.test(this.log)) return;
      if (this.#process?.exitCode !== null) break;
      await systemClock.sleep(20);
    }
    throw new Error(`sshd never logged ${pattern}:\n${this.log}`);
  }

  async stop(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #users(): Record<string, string> {
    const path = (name: string) => join(this.folder, name);
    const hash = spawnSync("openssl", ["passwd", "-6", this.#password ?? "none"], {
      encoding: "utf8",
    });
    const { uid, gid } = userInfo();
    writeFileSync(
      path("passwd"),
      [
        `${USER}:x:${uid}:${gid}::/:/bin/sh`,
        "root:x:0:0::/root:/bin/sh",
        "sshd:x:101:65534::/run/sshd:/bin/false",
        ...this.#others,
        "",
      ].join("\n"),
    );
    writeFileSync(path("group"), `root:x:0:\nprobe:x:${gid}:\nnogroup:x:65534:\n`);
    writeFileSync(path("shadow"), `${USER}:${hash.stdout.trim()}:19000:0:99999:7:::\n`);
    return {
      LD_PRELOAD: NSS_WRAPPER,
      NSS_WRAPPER_PASSWD: path("passwd"),
      NSS_WRAPPER_GROUP: path("group"),
      NSS_WRAPPER_SHADOW: path("shadow"),
    };
  }
}

/** Makes a key pair, in `path` and `path.pub`. */
export function makeKey(path: string): void {
  rmSync(path, { force: true });
  spawnSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", path]);
}

/** "ssh-ed25519 AAAA…". */
export const publicKey = (path: string): string => readFileSync(`${path}.pub`, "utf8").trim();

/** "SHA256:…". */
export function fingerprintOf(path: string): string {
  const { stdout } = spawnSync("ssh-keygen", ["-lf", `${path}.pub`], { encoding: "utf8" });
  return stdout.split(" ")[1] ?? "";
}
