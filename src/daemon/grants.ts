import type { Grant, SiteConfig } from "../config/site-config.ts";
import { OobError } from "../lib/errors.ts";

/** What may be granted, word by word. */
export type Verb = "attach" | "spy" | "log" | "status" | "power" | "run" | "hold" | "kick";

/** What decides whether somebody may do something. */
export interface AccessRuling {
  readonly allowed: boolean;
  /**
   * "owner": it is the user of the daemon. "open": there are no grants. "grant": the one of that number, counted from 1.
   * "except": it would be granted by that one, which leaves it out. "none": no grant fits.
   */
  readonly by: "owner" | "open" | "grant" | "except" | "none";
  readonly grant?: number;
  readonly text: string;
}

/**
 * What one user may do, on which hosts. Where the configuration has no grants, whoever can open the socket may do
 * all; where it has some, what is not granted is refused. The user who runs the daemon may do all.
 */
export class Grants {
  readonly who: string;
  readonly #isOwner: boolean;
  readonly #all: readonly Grant[];
  readonly #refused: ((verb: string, host: string) => void) | undefined;

  /** `refused` is told of what was asked for in vain. */
  constructor(
    config: Pick<SiteConfig, "grants">,
    who: string,
    owner: string,
    refused?: (verb: string, host: string) => void,
  ) {
    this.who = who;
    this.#isOwner = who === owner;
    this.#all = config.grants;
    this.#refused = refused;
  }

  may(verb: Verb | "*", host: string): boolean {
    return this.rule(verb, host).allowed;
  }

  /** Which rule decides, in words. The first grant that gives it counts; what one leaves out, another may give. */
  rule(verb: Verb | "*", host: string): AccessRuling {
    const { who } = this;
    if (this.#isOwner) return { allowed: true, by: "owner", text: `${who} runs the daemon` };
    if (this.#all.length === 0)
      return { allowed: true, by: "open", text: "there are no grants: whoever has a socket may" };
    let left: AccessRuling | undefined;
    for (const [i, grant] of this.#all.entries()) {
      if (!isFor(grant, who, host) || !gives(grant.may, verb)) continue;
      const said = `grant ${i + 1}: ${inWords(grant)}`;
      const except = grant.except ?? [];
      // All of it is not given where anything is left out.
      const isLeft = verb === "*" ? except.length > 0 : except.includes(verb);
      if (!isLeft) return { allowed: true, by: "grant", grant: i + 1, text: said };
      left ??= { allowed: false, by: "except", grant: i + 1, text: `${said}; that leaves it out` };
    }
    return left ?? { allowed: false, by: "none", text: "no grant gives it, and none is no" };
  }

  /** Throws NOT_PERMITTED, naming the first host on which this is not granted. */
  demand(verb: Verb | "*", hosts: Iterable<string>): void {
    for (const host of hosts) {
      if (this.may(verb, host)) continue;
      this.#refused?.(verb, host);
      const what = verb === "*" ? "do this" : `"${verb}"`;
      throw new OobError("NOT_PERMITTED", `Cannot ${what} on ${host}: not granted to ${this.who}`, {
        hint: `Grants stand under "grants:" in the configuration; oob access why ${this.who} ${host} ${verb === "*" ? "'*'" : verb}`,
      });
    }
  }
}

/** `kim may operator on web* except power` */
export function inWords({ who, may, as = may, on, except = [] }: Grant): string {
  const out = except.length === 0 ? "" : ` except ${except.join(", ")}`;
  return `${who} may ${as.join(", ")}${out} on ${on.join(", ")}`;
}

const isFor = (grant: Grant, who: string, host: string): boolean =>
  (grant.who === who || grant.who === "*") && grant.on.some((pattern) => fits(pattern, host));

const gives = (may: readonly string[], verb: string): boolean =>
  may.includes("*") || may.includes(verb);

/** "web*" and the like; "*" stands for any letters. */
function fits(pattern: string, host: string): boolean {
  const parts = pattern.split("*");
  const [first = "", ...rest] = parts;
  if (rest.length === 0) return pattern === host;
  const last = rest.pop() ?? "";
  if (!host.startsWith(first) || !host.endsWith(last)) return false;
  if (host.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of rest) {
    const found = host.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= host.length - last.length;
}
