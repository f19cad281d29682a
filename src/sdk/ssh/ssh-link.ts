/*
 * A console behind ssh(1), which stays the only authentication code. It runs on pipes, not on a terminal of ours: `-tt`
 * gets a terminal at the far end all the same, bytes pass as they are, and what ssh itself says comes apart from them.
 *
 *   alone    one process, one connection; typed "~" are doubled where ssh would take them, and "~B" is BREAK
 *   shared   one master in the background has the connection and the login, a process a console is its client; no
 *            escapes and so no BREAK (why: codec/ssh-escape.ts)
 */
import { createHash } from "node:crypto";
import { access, constants, rm } from "node:fs/promises";
import { join } from "node:path";
import { SshEscape } from "../../codec/ssh-escape.ts";
import type { Millis } from "../../lib/clock.ts";
import { formatDuration, seconds } from "../../lib/durations.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import { makeOwnFolder, ownUid, runtimeFolder } from "../../lib/own-folder.ts";
import { printable } from "../../lib/printable.ts";
import { guardLogin } from "../dialogue/login-guard.ts";
import type { Link, OpenContext } from "../link.ts";
import { durationOf, flagOf, type OptionValues, secretOf, textOf } from "../options.ts";
import { commandEnvironment, isExecutable } from "../program/pty-command.ts";
import { spawnPiped } from "../program/spawn-piped.ts";
import { prepareAnswer } from "./ssh-answer.ts";
import { connectionWords, SSH_CONNECT_TIMEOUT, sshFaults, sshPeer } from "./ssh-command.ts";
import { OPEN_MARK, SshProcess } from "./ssh-process.ts";
import { explainSsh, type SshDoing } from "./ssh-trouble.ts";

/** Logins may take long where a server asks others: so much longer than the connection. */
const LOGIN_TIME: Millis = seconds(30);
/** A shared connection outlives its last console by this, in seconds. */
const MASTER_LINGERS = 60;
/** Longest path of a control socket: sun_path has 108 bytes, and ssh adds 17 while it makes the socket. */
const MAX_CONTROL_PATH_BYTES = 87;
const MAX_LABEL = 60;

/** Opens a console by ssh. Throws LINK_REFUSED and LOGIN_REFUSED saying exactly why not. */
export async function openSsh(options: OptionValues, context: OpenContext): Promise<Link> {
  const [fault] = sshFaults(options);
  const peer = sshPeer(options);
  if (fault) throw new OobError("USAGE", `Cannot open "${peer}": ${fault.message}`);
  await checkPrograms(peer);
  await checkKey(options, peer);
  const folder = runtimeFolder(process.env);
  await makeOwnFolder(folder, ownUid() === 0 ? 0o711 : 0o700);
  const attempt = new SshAttempt(options, join(folder, "ssh"), context);
  await makeOwnFolder(attempt.folder, 0o700);
  context.signal.throwIfAborted();
  return attempt.open();
}

async function checkPrograms(peer: string): Promise<void> {
  for (const [program, from] of [
    ["ssh", "openssh-client"],
    ["setpriv", "util-linux"],
  ] as const) {
    if (await isExecutable(program)) continue;
    throw new OobError("LINK_REFUSED", `Cannot open "${peer}": ${program} is not installed`, {
      hint: `Install the package ${from}`,
    });
  }
}

async function checkKey(options: OptionValues, peer: string): Promise<void> {
  const key = textOf(options, "key");
  if (key === "") return;
  await access(key, constants.R_OK).catch((cause: unknown) => {
    throw new OobError("LINK_REFUSED", `Cannot open "${peer}": ${messageOf(cause)}`, {
      cause,
      hint: "The option key is the file of a private key that this user can read",
    });
  });
}

/** Masters that are being started, by the path of their socket: 48 consoles of one server log in once. */
const starting = new Map<string, Promise<void>>();

class MasterGone extends OobError {
  constructor() {
    super("LINK_REFUSED", "Cannot share a connection: it has ended");
  }
}

class SshAttempt {
  readonly folder: string;
  readonly #options: OptionValues;
  readonly #context: OpenContext;
  readonly #words: readonly string[];
  readonly #doing: SshDoing;
  readonly #limit: Millis;

  constructor(options: OptionValues, folder: string, context: OpenContext) {
    this.folder = folder;
    this.#options = options;
    this.#context = context;
    this.#words = connectionWords(options);
    this.#limit = durationOf(options, "connect-timeout", SSH_CONNECT_TIMEOUT) + LOGIN_TIME;
    const key = textOf(options, "key");
    const password = secretOf(options, "password");
    const offered = [
      ...(key === "" ? [] : [`the key ${key}`]),
      ...(flagOf(options, "agent") ? ["the agent's keys"] : []),
      ...(password === undefined ? [] : [`the password of secret "${password.secret}"`]),
    ];
    this.#doing = {
      peer: sshPeer(options),
      user: textOf(options, "user") || (process.env.USER ?? process.env.LOGNAME ?? "root"),
      wasOpen: false,
      offered: offered.join(" nor ") || "any key of this user",
    };
  }

  async open(): Promise<Link> {
    const control = flagOf(this.#options, "share") ? this.#controlPath() : undefined;
    if (control === undefined) return this.#withPassword((env) => this.#openAlone(env));
    await this.#master(control);
    return this.#openShared(control).catch(async (thrown: unknown) => {
      if (!(thrown instanceof MasterGone)) throw thrown;
      await this.#master(control);
      return this.#openShared(control);
    });
  }

  /** undefined where the path would be too long for a socket. */
  #controlPath(): string | undefined {
    const { password } = this.#options;
    const what = JSON.stringify([this.#words, textOf(this.#options, "host"), password]);
    const name = createHash("sha256").update(what).digest("hex").slice(0, 12);
    const path = join(this.folder, name);
    return Buffer.byteLength(path) <= MAX_CONTROL_PATH_BYTES ? path : undefined;
  }

  async #openAlone(env: Env): Promise<Link> {
    const mark = `LocalCommand=echo ${OPEN_MARK} >&2`;
    const own = ["-S", "none", "-e", "~", "-o", "PermitLocalCommand=yes", "-o", mark];
    const ssh = this.#start([...own, "-tt"], env);
    await this.#untilOpen(ssh);
    return ssh.asLink(this.#doing, new SshEscape());
  }

  async #openShared(control: string): Promise<Link> {
    // Where the server takes no more sessions on the connection, ssh would make another one, with a login: not unseen.
    const alone = ["-o", "ProxyCommand=false", "-o", "LogLevel=DEBUG1"];
    const ssh = this.#start([...alone, ...controlWords(control, "no"), "-e", "none", "-tt"], {});
    await this.#untilOpen(ssh).catch(async (thrown: unknown) => {
      // It ended after it was found to run, and its socket is still there.
      if (/Control socket connect|mux_client_hello/.test(await ssh.talk())) throw new MasterGone();
      throw thrown;
    });
    return ssh.asLink(this.#doing);
  }

  #untilOpen(ssh: SshProcess): Promise<void> {
    return this.#within(ssh, Promise.race([ssh.opened, ssh.failure(this.#doing)]));
  }

  /** Makes sure that the connection to share is there. */
  #master(control: string): Promise<void> {
    const known = starting.get(control);
    if (known) return known;
    const ready = (async () => {
      const check = this.#start([...controlWords(control, "no"), "-O", "check"], {}, "");
      if ((await check.status) === 0) return;
      // The socket of a master that was killed would make ssh go on without one.
      await rm(control, { force: true });
      await this.#withPassword(async (env) => {
        const own = [...controlWords(control, "yes"), "-o", `ControlPersist=${MASTER_LINGERS}`];
        const ssh = this.#start([...own, "-fN"], env, "");
        if ((await this.#within(ssh, ssh.status)) === 0) return;
        throw await explainSsh(await ssh.talk(), this.#doing);
      });
    })().finally(() => starting.delete(control));
    starting.set(control, ready);
    return ready;
  }

  async #withPassword<T>(run: (env: Env) => Promise<T>): Promise<T> {
    const ref = secretOf(this.#options, "password");
    if (ref === undefined) return run({});
    const password = await this.#context.secret(ref);
    const { peer, user } = this.#doing;
    return guardLogin({ peer, user, password }, this.#context.clock, async () => {
      const answer = await prepareAnswer(this.folder, password);
      try {
        return await run(answer.env);
      } finally {
        await answer.discard();
      }
    });
  }

  /** Options given earlier count: our own come before those of the connection. */
  #start(own: readonly string[], env: Env, command: string = textOf(this.#options, "command")) {
    const host = textOf(this.#options, "host");
    const remote = command === "" ? [] : [command];
    const words = ["ssh", ...own, ...this.#words, "--", host, ...remote];
    const variables = { ...commandEnvironment(textOf(this.#options, "term") || "vt220"), ...env };
    const child = spawnPiped("setpriv", ["--pdeathsig", "TERM", "--", ...words], variables);
    const label = `${this.#doing.peer} ssh ${printable(command, MAX_LABEL)}`.trimEnd();
    return new SshProcess(child, label, this.#context.clock);
  }

  /** What ssh does at the login ends in time, and with the attempt. */
  async #within<T>(ssh: SshProcess, doing: Promise<T>): Promise<T> {
    const { clock, signal } = this.#context;
    const over = new AbortController();
    const given = AbortSignal.any([signal, over.signal]);
    const tooLate = clock.sleep(this.#limit, given).then(
      () => {
        throw new OobError(
          "LINK_REFUSED",
          `Cannot open "${this.#doing.peer}": no login within ${formatDuration(this.#limit)}`,
          { hint: "Log in by hand to see what it waits for" },
        );
      },
      (cause: unknown) => {
        throw new OobError("INTERRUPTED", `Cannot open "${this.#doing.peer}": given up`, { cause });
      },
    );
    try {
      return await Promise.race([doing, tooLate]);
    } catch (thrown) {
      ssh.kill();
      throw thrown;
    } finally {
      over.abort();
    }
  }
}

type Env = Readonly<Record<string, string>>;

const controlWords = (path: string, master: "yes" | "no"): string[] => [
  "-o",
  `ControlMaster=${master}`,
  "-o",
  `ControlPath="${path.replaceAll("%", "%%")}"`,
];
