/*
 * HTTP Digest access authentication (RFC 7616; without qop as RFC 2069 had it). Texts are byte strings, one character a
 * byte, as they stand in headers; names and passwords are taken as UTF-8.
 */
import { createHash, randomBytes } from "node:crypto";

/** Longest WWW-Authenticate that is read. */
const MAX_CHALLENGE_BYTES = 8192;
const MAX_CHALLENGES = 8;

/** Hashes that we take, the best first: RFC 7616 section 3.7 has a client choose. */
const HASHES: Readonly<Record<string, string>> = {
  "sha-512-256": "sha512-256",
  "sha-256": "sha256",
  md5: "md5",
};

/** One way to log in that a server offers. */
export interface Challenge {
  /** In lower case: "digest", "basic". */
  readonly scheme: string;
  /** By name in lower case; values without quotes and escapes, as curl and Apache hash them. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** Who logs in. */
export interface HttpLogin {
  readonly user: string;
  readonly password: string;
}

const SCHEME = /[\s,]*([A-Za-z][A-Za-z0-9_-]{0,31})(?=[\s,]|$)/y;
const PARAMETER =
  /[\s,]*([A-Za-z][A-Za-z0-9_-]{0,31})[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|(?!")([^\s,"]*))/y;

/** Reads WWW-Authenticate: several challenges may stand in one line. What is not understood ends the reading. */
export function parseChallenges(header: string): Challenge[] {
  const text = header.slice(0, MAX_CHALLENGE_BYTES);
  const found: Challenge[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    const match = pattern.exec(text) ?? undefined;
    if (match) at = pattern.lastIndex;
    return match;
  };
  while (found.length < MAX_CHALLENGES) {
    const scheme = take(SCHEME)?.[1];
    if (scheme === undefined) break;
    const parameters = new Map<string, string>();
    for (let one = take(PARAMETER); one; one = take(PARAMETER))
      parameters.set((one[1] ?? "").toLowerCase(), one[2]?.replace(/\\(.)/g, "$1") ?? one[3] ?? "");
    found.push({ scheme: scheme.toLowerCase(), parameters });
  }
  return found;
}

/** A server's digest challenge, and how often it was answered. */
export class Digest {
  readonly nonce: string;
  /** The server says that only its nonce was too old. */
  readonly isStale: boolean;
  readonly #challenge: ReadonlyMap<string, string>;
  readonly #hash: string;
  readonly #hasQop: boolean;
  #count = 0;

  private constructor(challenge: Challenge, hash: string) {
    this.#challenge = challenge.parameters;
    this.#hash = hash;
    this.#hasQop = challenge.parameters.has("qop");
    this.nonce = challenge.parameters.get("nonce") ?? "";
    this.isStale = challenge.parameters.get("stale")?.toLowerCase() === "true";
  }

  /** The best of the challenges that we can answer. */
  static best(challenges: readonly Challenge[]): Digest | undefined {
    for (const [name, hash] of Object.entries(HASHES)) {
      const found = challenges.find(
        ({ scheme, parameters }) =>
          scheme === "digest" &&
          parameters.has("nonce") &&
          (parameters.get("algorithm") ?? "md5").toLowerCase().replace(/-sess$/, "") === name &&
          // "auth-int" alone would want the body hashed: nobody was seen to ask for it.
          (parameters.get("qop") ?? "auth").split(/[\s,]+/).includes("auth"),
      );
      if (found) return new Digest(found, hash);
    }
    return undefined;
  }

  /** The Authorization header for one request. `cnonce`: given by tests. */
  answer(
    login: HttpLogin,
    method: string,
    path: string,
    cnonce = randomBytes(16).toString("hex"),
  ): string {
    const { nonce } = this;
    const realm = this.#challenge.get("realm") ?? "";
    const algorithm = this.#challenge.get("algorithm");
    const user = byteString(login.user);
    const count = (++this.#count).toString(16).padStart(8, "0");
    const hash = (...parts: readonly string[]) =>
      createHash(this.#hash).update(parts.join(":"), "latin1").digest("hex");
    const plain = hash(user, realm, byteString(login.password));
    const key = algorithm?.toLowerCase().endsWith("-sess") ? hash(plain, nonce, cnonce) : plain;
    const asked = hash(method, path);
    const response = this.#hasQop
      ? hash(key, nonce, count, cnonce, "auth", asked)
      : hash(key, nonce, asked);
    const opaque = this.#challenge.get("opaque");
    return [
      `Digest username=${quoted(user)}`,
      `realm=${quoted(realm)}`,
      `nonce=${quoted(nonce)}`,
      `uri="${path}"`,
      `response="${response}"`,
      ...(algorithm === undefined ? [] : [`algorithm=${algorithm}`]),
      ...(opaque === undefined ? [] : [`opaque=${quoted(opaque)}`]),
      ...(this.#hasQop ? ["qop=auth", `nc=${count}`, `cnonce="${cnonce}"`] : []),
    ].join(", ");
  }
}

const quoted = (text: string): string => `"${text.replace(/["\\]/g, "\\$&")}"`;

const byteString = (text: string): string => Buffer.from(text, "utf8").toString("latin1");
