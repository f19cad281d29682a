import { execFile } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { checkSecrets } from "../config/check-secrets.ts";
import { type Environment, findConfig, ownUid } from "../config/places.ts";
import type { Problem } from "../config/problems.ts";
import { readConfig } from "../config/read-config.ts";
import type { SiteConfig } from "../config/site-config.ts";
import { checkAnchors } from "../core/doctor/check-anchors.ts";
import { checkConsoles } from "../core/doctor/check-consoles.ts";
import { checkDaemon, checkSandbox, type RunningDaemon } from "../core/doctor/check-daemon.ts";
import { checkClearText, checkKnownSecrets } from "../core/doctor/check-devices.ts";
import { checkForgotten } from "../core/doctor/check-forgotten.ts";
import { checkClock, checkDisk } from "../core/doctor/check-machine.ts";
import { checkPermissions } from "../core/doctor/check-permissions.ts";
import { checkPorts } from "../core/doctor/check-ports.ts";
import type { Finding } from "../core/doctor/finding.ts";
import { Registry } from "../core/registry/registry.ts";
import { secretsOf } from "../core/registry/secrets.ts";
import { type Clock, type Millis, systemClock } from "../lib/clock.ts";
import { OobError } from "../lib/errors.ts";
import { keeperSocket } from "./keeper/kept.ts";
import { RpcClient } from "./rpc-client.ts";
import { ownName, socketPath } from "./socket-path.ts";
import { checkWeb } from "./web/check-web.ts";

export type { Finding } from "../core/doctor/finding.ts";

/** A daemon, or timedatectl, that answers later than this hangs. */
const ANSWERS_WITHIN: Millis = 3000;
/** Sockets that are tried. */
const MAX_SOCKETS = 100;

/** How the machine is looked at. */
export interface DoctorOptions {
  readonly config?: string | undefined;
  readonly env?: Environment;
  readonly clock?: Clock;
  /** Whether something keeps the clock right; undefined: nobody says. */
  readonly synchronised?: () => Promise<boolean | undefined>;
}

/** What was found, and whose site it is. */
export interface Examination {
  readonly config: SiteConfig;
  readonly findings: readonly Finding[];
}

/** Looks at everything that can be looked at without opening a device, with or without a daemon. Changes nothing. */
export async function examine(options: DoctorOptions = {}): Promise<Examination> {
  const { env = process.env, clock = systemClock, synchronised = () => asksSystemd(env) } = options;
  const path = await findConfig(options.config, env);
  if (path === undefined)
    throw new OobError("CONFIG_NOT_FOUND", "Cannot find a configuration", {
      hint: 'Name the file with --config, or make one at "~/.config/oob/oob.yaml"',
    });
  const registry = (folders: readonly string[]) => new Registry(folders);
  const { config, problems, secrets } = await readConfig(path, env, registry);
  // Root looks at what is the daemon's; nobody else could open it.
  const owner = ownUid() === 0 ? statSync(config.state, { throwIfNoEntry: false })?.uid : undefined;
  await checkSecrets(secrets, config.credentials, env, problems, owner);
  const { daemon, failure, unseen } = await findDaemon(config.runtime, clock);
  const isOurs = (pid: number) =>
    pid === process.pid || pid === daemon?.pid || isKeeper(pid, config.state);
  const findings = [
    ...ofConfiguration(path, problems.sorted()),
    ...checkPermissions(config, new Set(secrets.keys()), ownUid()),
    ...(await checkKnownSecrets(config, secretsOf(config, env, owner))),
    ...checkClearText(config),
    ...(await checkClock(config.state, clock, synchronised)),
    ...checkDisk(config.state),
    ...checkAnchors(config, clock.now()),
    ...(await checkPorts(config, isOurs)),
    ...checkConsoles(config),
    ...(unseen ? [isUnseen(config.runtime)] : checkDaemon(config.file, daemon, failure)),
    ...(await checkWeb(config.web)),
    ...checkSandbox(daemon?.pid),
    ...checkForgotten(config, clock.now()),
  ];
  return { config, findings };
}

const isUnseen = (runtime: string): Finding => ({
  is: "unchecked",
  check: "daemon",
  text: `whether a daemon runs cannot be seen: "${runtime}" is not ${ownName()}'s, nor is a socket there`,
  todo: `Run oob doctor as root, or as the user of the daemon, or add ${ownName()} to "users:"`,
});

function ofConfiguration(path: string, problems: readonly Problem[]): Finding[] {
  if (problems.length === 0)
    return [{ is: "ok", check: "configuration", text: `"${path}" can be read whole` }];
  return problems.map(({ severity, file, line, column, path: at, message, hint }) => ({
    is: severity === "error" ? "problem" : "warning",
    check: "configuration",
    text: `${file}:${line}:${column}: ${at === "" ? "" : `${at}: `}${message}`,
    todo: hint ?? "oob config check shows the line",
    about: at,
  }));
}

interface Found {
  readonly daemon?: RunningDaemon;
  /** One is there, and cannot be understood. */
  readonly failure?: string;
  /** There may be one, with sockets for others. */
  readonly unseen?: boolean;
}

/** By the own socket, else by any that this user may open: root may open all. */
async function findDaemon(runtime: string, clock: Clock): Promise<Found> {
  const own = socketPath(runtime, ownName());
  const all = socketsIn(runtime);
  const others = all?.filter((path) => path !== own) ?? [];
  for (const path of [own, ...others.slice(0, MAX_SOCKETS)]) {
    const found = await greet(path, clock);
    if (found) return found;
  }
  return all ? {} : { unseen: true };
}

async function greet(path: string, clock: Clock): Promise<Found | undefined> {
  const enough = new AbortController();
  const late = clock.sleep(ANSWERS_WITHIN, enough.signal).then(
    (): Found => ({ failure: `a daemon listens at "${path}" and does not answer` }),
    () => undefined,
  );
  const asked = RpcClient.connect(path).then(
    async (rpc): Promise<Found> => {
      const { pid, config } = rpc.facts;
      await rpc.close();
      // bind(2) made the file; nothing changes its time of writing later.
      return { daemon: { pid, config, since: statSync(path).mtimeMs } };
    },
    (thrown: unknown): Found | undefined =>
      // With a cause: nobody is there, or not for us.
      thrown instanceof OobError && thrown.cause === undefined
        ? { failure: thrown.message }
        : undefined,
  );
  try {
    return await Promise.race([asked, late]);
  } finally {
    enough.abort();
  }
}

/** undefined: only root and the daemon's user may list it. */
function socketsIn(runtime: string): string[] | undefined {
  try {
    return readdirSync(runtime)
      .filter((name) => name.endsWith(".sock"))
      .map((name) => join(runtime, name));
  } catch (thrown) {
    const isGone = thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT";
    return isGone ? [] : undefined;
  }
}

function isKeeper(pid: number, state: string): boolean {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, "latin1").split("\0");
    return words.includes(keeperSocket(state));
  } catch {
    return false;
  }
}

/** chrony, ntpd and systemd-timesyncd all tell the kernel, and timedatectl reads it there. */
async function asksSystemd(env: Environment): Promise<boolean | undefined> {
  const args = ["show", "--property=NTPSynchronized", "--value"];
  try {
    const run = { env: { ...env }, timeout: ANSWERS_WITHIN };
    const { stdout } = await promisify(execFile)("timedatectl", args, run);
    const said = stdout.trim();
    return said === "yes" ? true : said === "no" ? false : undefined;
  } catch {
    return undefined;
  }
}
