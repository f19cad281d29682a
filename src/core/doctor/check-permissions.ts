import fs from "node:fs";
import { dirname, join } from "node:path";
import type { SiteConfig } from "../../config/site-config.ts";
import { messageOf } from "../../lib/errors.ts";
import { listSegments, logFolder } from "../log/log-folder.ts";
import { rawPath } from "../log/raw-file.ts";
import { atMost, type Finding } from "./finding.ts";

/** Bits of a mode: what the group, and what all others, may do. */
const WRITE_BY_MANY = 0o022;
const ALL_OF_MANY = 0o077;
const OTHERS = 0o007;
/** Secrets of the credentials folder that are looked at. */
const MAX_FILES = 1000;

type Places = Pick<
  SiteConfig,
  "file" | "drivers" | "runbooks" | "credentials" | "state" | "runtime" | "hosts"
>;

/**
 * Who may read and change what oob lives by. Nothing is opened: modes and owners alone tell. The daemon's user is the owner
 * of the state folder, as for `oob access`: who looks may be somebody else.
 */
export function checkPermissions(
  config: Places,
  named: ReadonlySet<string>,
  asks: number,
): Finding[] {
  const uid = ownerOf(config.state) ?? asks;
  const groups = [
    configFiles(config, uid),
    secretFiles(config.credentials, named, uid),
    kept(config, uid),
    sockets(config.runtime, uid),
  ].map(atMost);
  const found = [...elsewhere(config.state, uid, asks), ...groups.flat()];
  if (found.length > 0) return found;
  const text = "configuration, secrets, logs and sockets are reached by whom they are meant for";
  return [{ is: "ok", check: "permissions", text }];
}

/** Taken for the daemon's user, it is said: a folder that was given to somebody by mistake would show only so. */
function elsewhere(state: string, uid: number, asks: number): Finding[] {
  if (asks === 0 || uid === asks) return [];
  const text = `"${state}" is user ${uid}'s, who is taken for the daemon's user`;
  const todo = "If that is right, run oob doctor as that user, or as root: they see all of it";
  return [{ is: "unchecked", check: "permissions", text, todo, about: state }];
}

function ownerOf(path: string): number | undefined {
  try {
    return fs.statSync(path).uid;
  } catch {
    return undefined; // Not there yet, or not to be looked at: told of below.
  }
}

interface Rule {
  /** Bits that must not be set. */
  readonly forbidden: number;
  /** Their meaning: "changed". */
  readonly can: string;
  readonly todo: string;
}

function modeOf(path: string, uid: number, { forbidden, can, todo }: Rule): Finding[] {
  let info: fs.Stats;
  try {
    info = fs.statSync(path);
  } catch (thrown) {
    if (isGone(thrown)) return [];
    const text = `"${path}" cannot be looked at: ${messageOf(thrown)}`;
    const run = "Run oob doctor as root, or as the user of the daemon";
    return [{ is: "unchecked", check: "permissions", text, todo: run, about: path }];
  }
  const found: Finding[] = [];
  const add = (text: string, what: string) =>
    found.push({ is: "problem", check: "permissions", text, todo: what, about: path });
  if ((info.mode & forbidden) !== 0)
    add(`"${path}" can be ${can} by others (mode ${(info.mode & 0o777).toString(8)})`, todo);
  if (info.uid !== uid && info.uid !== 0 && uid !== 0)
    add(`"${path}" belongs to user ${info.uid}`, `It has to be root's, or user ${uid}'s: chown`);
  return found;
}

/** The configuration names programs that are run, and what is loaded from its folders is code. */
function configFiles({ file, drivers, runbooks }: Places, uid: number): Finding[] {
  if (file === undefined) return [];
  const more = join(dirname(file), "conf.d");
  const parts = namesIn(more).filter((name) => name.endsWith(".yaml"));
  const code = [...drivers, ...runbooks];
  const paths = [
    ...[dirname(file), file, more, ...parts.map((name) => join(more, name))],
    ...code.flatMap((folder) => [folder, ...namesIn(folder).map((name) => join(folder, name))]),
  ];
  return [...new Set(paths)].flatMap((path) =>
    modeOf(path, uid, { forbidden: WRITE_BY_MANY, can: "changed", todo: `chmod go-w ${path}` }),
  );
}

/** Those that the configuration names are told of by its own check. */
function secretFiles(folder: string, named: ReadonlySet<string>, uid: number): Finding[] {
  const files = namesIn(folder).filter((name) => !named.has(name));
  const ofFolder = { forbidden: WRITE_BY_MANY, can: "changed", todo: `chmod 700 ${folder}` };
  return [
    ...modeOf(folder, uid, ofFolder),
    ...files.slice(0, MAX_FILES).flatMap((name) => {
      const path = join(folder, name);
      const todo = `chmod 600 ${path}, and change what is in it: it may have been read`;
      return modeOf(path, uid, { forbidden: ALL_OF_MANY, can: "read", todo });
    }),
  ];
}

/** People type passwords at consoles: logs are for their owner and group. */
function kept({ state, hosts }: Places, uid: number): Finding[] {
  const folders = [...hosts.keys()].map((host) => logFolder(state, host));
  const logs = folders.flatMap((folder) => {
    const newest = segmentsIn(folder).at(-1);
    return newest === undefined ? [folder] : [folder, rawPath(folder, newest)];
  });
  const trail = ["audit.jsonl", "audit.spare", "holds.json"].map((name) => join(state, name));
  return [state, join(state, "console"), ...trail, ...logs].flatMap((path) =>
    modeOf(path, uid, {
      forbidden: OTHERS | 0o020,
      can: "read or changed",
      todo: `chmod g-w,o-rwx ${path}`,
    }),
  );
}

function sockets(runtime: string, uid: number): Finding[] {
  const ours = namesIn(runtime).filter((name) => name.endsWith(".sock"));
  const todo = "Whoever opens it is taken for its user. Stop oob serve, remove it, start it again";
  return [
    ...modeOf(runtime, uid, {
      forbidden: WRITE_BY_MANY,
      can: "changed",
      todo: `chmod go-w ${runtime}`,
    }),
    // A socket is its user's, whoever runs the daemon.
    ...ours.flatMap((name) =>
      modeOf(join(runtime, name), 0, { forbidden: ALL_OF_MANY, can: "opened", todo }),
    ),
  ];
}

function namesIn(folder: string): string[] {
  try {
    return fs.readdirSync(folder).sort();
  } catch {
    return []; // Not there, or not ours to list: its own mode is looked at.
  }
}

function segmentsIn(folder: string): string[] {
  try {
    return listSegments(folder);
  } catch {
    return [];
  }
}

const isGone = (thrown: unknown): boolean =>
  thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT";
