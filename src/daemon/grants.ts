import type { Grant, SiteConfig } from "../config/site-config.ts";
import { OobError } from "../lib/errors.ts";

/** What may be granted, word by word. */
export type Verb = "attach" | "spy" | "log" | "status" | "power" | "run" | "hold" | "kick";

/**
 * What one user may do, on which hosts. Where the configuration has no grants, whoever can open the socket may do
 * all; where it has some, what is not granted is refused. The user who runs the daemon may do all.
 */
export class Grants {
  readonly who: string;
  readonly #grants: readonly Grant[] | undefined;

  constructor(config: Pick<SiteConfig, "grants">, who: string, owner: string) {
    this.who = who;
    this.#grants =
      config.grants.length === 0 || who === owner
        ? undefined
        : config.grants.filter((grant) => grant.who === who || grant.who === "*");
  }

  may(verb: Verb | "*", host: string): boolean {
    if (!this.#grants) return true;
    return this.#grants.some(
      ({ may, on }) =>
        (may.includes("*") || may.includes(verb)) && on.some((pattern) => fits(pattern, host)),
    );
  }

  /** Throws NOT_PERMITTED, naming the first host on which this is not granted. */
  demand(verb: Verb | "*", hosts: Iterable<string>): void {
    for (const host of hosts) {
      if (this.may(verb, host)) continue;
      const what = verb === "*" ? "do this" : `"${verb}"`;
      throw new OobError("NOT_PERMITTED", `Cannot ${what} on ${host}: not granted to ${this.who}`, {
        hint: `Grants stand under "grants:" in the configuration`,
      });
    }
  }
}

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
