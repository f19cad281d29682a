import { execFile } from "node:child_process";
import { statSync } from "node:fs";
import { promisify } from "node:util";
import { loadConfig } from "../config/load-config.ts";
import { type Environment, ownUid } from "../config/places.ts";
import { VERBS } from "../config/schema.ts";
import type { SiteConfig } from "../config/site-config.ts";
import { auditPaths } from "../core/audit/audit-file.ts";
import { type TrailCheck, verifyAuditTrail } from "../core/audit/audit-trail.ts";
import { Registry } from "../core/registry/registry.ts";
import { messageOf, OobError } from "../lib/errors.ts";
import { nameHint } from "../lib/nearest.ts";
import { type AccessRuling, Grants, type Verb } from "./grants.ts";
import { ownName } from "./socket-path.ts";

/** Whether somebody may do something, why, and whether they can ask at all. */
export interface AccessAnswer extends AccessRuling {
  readonly user: string;
  readonly host: string;
  readonly verb: string;
  /** A socket of that user's is made. */
  readonly socket: boolean;
}

/** What one user may do, hosts with the same verbs together. */
export interface AccessOfUser {
  readonly user: string;
  readonly socket: boolean;
  readonly may: readonly { readonly verbs: readonly string[]; readonly hosts: readonly string[] }[];
}

/** For `oob access`: answers from the configuration as it stands on disk, by the rules that the daemon goes by. */
export class AccessBook {
  readonly #config: SiteConfig;
  readonly #owner: string;

  private constructor(config: SiteConfig, owner: string) {
    this.#config = config;
    this.#owner = owner;
  }

  static async open(named: string | undefined, env: Environment): Promise<AccessBook> {
    const config = await loadConfig(named, env, (folders) => new Registry(folders));
    return new AccessBook(config, await ownerOf(config.state));
  }

  why(user: string, host: string, word: string): AccessAnswer {
    const { hosts } = this.#config;
    if (!hosts.has(host))
      throw new OobError("HOST_UNKNOWN", `Cannot find host "${host}"`, hinted(host, hosts.keys()));
    const verb = [...VERBS, "*" as const].find((one) => one === word);
    if (verb === undefined)
      throw new OobError("USAGE", `Cannot tell of "${word}": no such verb`, hinted(word, VERBS));
    const ruling = this.#grants(user).rule(verb, host);
    return { user, host, verb, ...ruling, socket: this.#hasSocket(user) };
  }

  /** Of one user, or of all that the configuration names; "*" stands for whoever else has a socket. */
  list(user?: string): readonly AccessOfUser[] {
    const { users, grants } = this.#config;
    const all = [this.#owner, ...users, ...grants.map(({ who }) => who)];
    return (user === undefined ? [...new Set(all)] : [user]).map((one) => this.#of(one));
  }

  #of(user: string): AccessOfUser {
    const grants = this.#grants(user);
    const alike = new Map<string, { verbs: readonly Verb[]; hosts: string[] }>();
    for (const host of this.#config.hosts.keys()) {
      const verbs = VERBS.filter((verb) => grants.may(verb, host));
      if (verbs.length === 0) continue;
      const group = alike.get(verbs.join()) ?? { verbs, hosts: [] };
      group.hosts.push(host);
      alike.set(verbs.join(), group);
    }
    return { user, socket: this.#hasSocket(user), may: [...alike.values()] };
  }

  #grants(user: string): Grants {
    return new Grants(this.#config, user, this.#owner);
  }

  #hasSocket(user: string): boolean {
    return user === this.#owner || this.#config.users.includes(user);
  }
}

/** For `oob audit --check`: reads the trail on disk, beside whoever writes it. */
export async function checkTrail(
  named: string | undefined,
  env: Environment,
): Promise<TrailCheck & { readonly path: string }> {
  const { state } = await loadConfig(named, env, (folders) => new Registry(folders));
  const { trail } = auditPaths(state);
  try {
    return { path: trail, ...(await verifyAuditTrail(state)) };
  } catch (cause) {
    throw new OobError("LOG_UNWRITABLE", `Cannot read "${trail}": ${messageOf(cause)}`, {
      cause,
      hint: "There is none before the first oob serve; after that, its user, its group and root may read it",
    });
  }
}

function hinted(word: string, known: Iterable<string>) {
  const hint = nameHint(word, [...known]);
  return hint === undefined ? {} : { hint };
}

/** Whose daemon it is: the state folder is its user's. Where there is none yet: whoever asks. */
async function ownerOf(state: string): Promise<string> {
  const uid = statSync(state, { throwIfNoEntry: false })?.uid ?? ownUid();
  if (uid === ownUid()) return ownName();
  try {
    // Not /etc/passwd: users may come from a directory service.
    return (await promisify(execFile)("id", ["-un", "--", String(uid)])).stdout.trim();
  } catch {
    return `uid-${uid}`;
  }
}
