/**
 * HTTP to one device, for power drivers. Small devices serve one connection at a time and forget: each request has a
 * connection of its own, one time limit from the name look-up to the last byte, and a bound for what comes back.
 *
 *   exchange ─► connect (TLS: certificate judged) ─► request ─► answer
 *                                  401 with a new challenge ──► once more, with the login
 *
 * - A request is sent again only after 401: then the device has said that it did nothing.
 * - Redirects are never followed. Errors never show a path: passwords may stand in it.
 * - What may have happened is PDU_SILENT. What certainly did not is another code.
 */
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Clock, Millis } from "../../lib/clock.ts";
import { formatDuration } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";
import { loginAgain } from "../dialogue/login-again.ts";
import { Digest, type HttpLogin, parseChallenges } from "./digest-auth.ts";
import { reasonOf, refusalOf } from "./http-errors.ts";
import { type HttpPlace, openHttpSocket } from "./http-socket.ts";

/** Most that an answer may hold. */
export const MAX_HTTP_BODY_BYTES = 1024 * 1024;
/** One without login, one with an old nonce, one with a new. */
const MAX_ROUNDS = 3;

/** A device, and how to log in to it. */
export interface HttpTarget extends HttpPlace {
  readonly timeout: Millis;
  /** Consent to a password in clear text: Basic without TLS. */
  readonly insecure: boolean;
  readonly login?: HttpLogin;
  /** The device wants the login elsewhere than HTTP has it: no request carries it by itself. */
  readonly ownLogin?: boolean;
}

/** One request. */
export interface HttpRequest {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path and query, encoded. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as it is. */
  readonly body?: string;
  /** For errors, after "Cannot": "read", "switch 3 of". The device's label follows. */
  readonly doing: string;
  /** It changes something: an answer that makes no sense leaves open whether it did. */
  readonly acts?: boolean;
  /** Once aborted, it must not go out any more; its reason is thrown. */
  readonly late?: AbortSignal | undefined;
}

/** What came back, whatever its status. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export class HttpClient {
  readonly #target: HttpTarget;
  readonly #clock: Clock;
  /** How the device wants its login. */
  #way: Digest | "basic" | undefined;
  /** It has taken a login this way. */
  #proven = false;

  constructor(target: HttpTarget, clock: Clock) {
    this.#target = target;
    this.#clock = clock;
  }

  get label(): string {
    return this.#target.label;
  }

  /** Runs requests. A login that was refused is not offered again and again: devices lock accounts. */
  guarded<T>(run: () => Promise<T>): Promise<T> {
    const { login, label } = this.#target;
    return login ? loginAgain({ peer: label, ...login }, this.#clock, run) : run();
  }

  /** The answer as JSON. Throws where the status is not 2xx, or the body no JSON. */
  async requestJson(request: HttpRequest): Promise<unknown> {
    const body = await this.requestText(request);
    try {
      const parsed: unknown = JSON.parse(body);
      return parsed;
    } catch (cause) {
      // A web page, as firmware without the interface gives it. The parser's message would show a part of the body.
      const code = request.acts ? "PDU_SILENT" : "PDU_UNKNOWN";
      throw new OobError(code, `${this.#cannot(request)}: its answer is no JSON`, {
        ...(cause instanceof RangeError && { cause }),
        hint: "Is this the right driver, and is the interface switched on at the device?",
      });
    }
  }

  /** The answer's body. Throws where the status is not 2xx. */
  async requestText(request: HttpRequest): Promise<string> {
    const answer = await this.exchange(request);
    if (answer.status >= 200 && answer.status < 300) return answer.body;
    throw this.refusal(request, answer);
  }

  /** The answer, whatever its status. Throws PDU_SILENT where none came, LOGIN_REFUSED, PDU_REFUSED (certificate). */
  async exchange(request: HttpRequest): Promise<HttpAnswer> {
    const late = new AbortController();
    const { timeout } = this.#target;
    const timer = this.#clock.after(timeout, () =>
      late.abort(new Error(`no answer within ${formatDuration(timeout)}`)),
    );
    try {
      return await this.#rounds(request, late.signal);
    } catch (cause) {
      if (cause instanceof OobError) throw cause;
      const { what, hint } = reasonOf(late.signal.aborted ? late.signal.reason : cause);
      throw new OobError("PDU_SILENT", `${this.#cannot(request)}: ${what}`, { cause, hint });
    } finally {
      timer.cancel();
    }
  }

  /** What a status that is not 2xx means. */
  refusal(request: HttpRequest, answer: HttpAnswer): OobError {
    return refusalOf(this.#cannot(request), answer, this.#target);
  }

  #cannot({ doing }: HttpRequest): string {
    return `Cannot ${doing} ${this.#target.label}`;
  }

  async #rounds(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    for (let round = 1; ; round++) {
      const used = this.#way;
      const answer = await this.#once(request, signal);
      if (answer.status !== 401) {
        this.#proven = used !== undefined;
        return answer;
      }
      const next = round < MAX_ROUNDS ? this.#nextWay(request, answer, used) : undefined;
      this.#way = next;
      this.#proven = false;
      if (next === undefined) return answer;
    }
  }

  /** How to try again after 401; undefined: not at all, the login is wrong. */
  #nextWay(request: HttpRequest, { headers }: HttpAnswer, used: Digest | "basic" | undefined) {
    const { login, ownLogin } = this.#target;
    if (login === undefined || ownLogin || used === "basic") return undefined;
    const challenges = parseChallenges(headers["www-authenticate"] ?? "");
    const digest = Digest.best(challenges);
    if (used !== undefined) {
      // Nonces get old; a login that was never taken is wrong.
      const another = digest !== undefined && digest.nonce !== used.nonce;
      return another && (digest.isStale || this.#proven) ? digest : undefined;
    }
    if (digest) return digest;
    // Some devices do not say how.
    const basic = challenges.length === 0 || challenges.some(({ scheme }) => scheme === "basic");
    if (!basic) return undefined;
    if (this.#target.tls || this.#target.insecure) return "basic";
    throw new OobError(
      "LOGIN_REFUSED",
      `${this.#cannot(request)}: it wants the password in clear text, and that is not allowed`,
      { hint: "Use tls: true where the device has it, or say insecure: true" },
    );
  }

  #authorization({ method = "GET", path }: HttpRequest): Record<string, string> {
    const { login } = this.#target;
    if (login === undefined || this.#way === undefined) return {};
    if (this.#way !== "basic") return { authorization: this.#way.answer(login, method, path) };
    const words = Buffer.from(`${login.user}:${login.password}`, "utf8").toString("base64");
    return { authorization: `Basic ${words}` };
  }

  async #once(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    const socket = await openHttpSocket(this.#target, signal);
    try {
      request.late?.throwIfAborted();
      return await this.#ask(request, socket, signal);
    } finally {
      socket.destroy();
    }
  }

  #ask(request: HttpRequest, socket: Socket, signal: AbortSignal): Promise<HttpAnswer> {
    const { method = "GET", path, headers, body } = request;
    const { host, port, tls } = this.#target;
    return new Promise((resolve, reject) => {
      const asked = httpRequest({
        ...{ host, port, method, path, signal },
        defaultPort: tls ? 443 : 80,
        createConnection: () => socket,
        headers: {
          accept: "application/json",
          ...headers,
          ...this.#authorization(request),
          ...(body !== undefined && { "content-length": Buffer.byteLength(body) }),
        },
      });
      asked.on("error", reject);
      // Node gives up such a connection without a word, even when the signal comes later.
      asked.once("upgrade", () => reject(new Error("its answer is no answer to this")));
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      asked.once("response", (response) => collect(response, resolve, reject));
      asked.end(body);
    });
  }
}

function collect(
  response: IncomingMessage,
  resolve: (answer: HttpAnswer) => void,
  reject: (why: unknown) => void,
): void {
  const chunks: Buffer[] = [];
  let length = 0;
  response.on("data", (chunk: Buffer) => {
    length += chunk.length;
    if (length <= MAX_HTTP_BODY_BYTES) chunks.push(chunk);
    else response.destroy(new Error(`its answer is larger than ${MAX_HTTP_BODY_BYTES} bytes`));
  });
  response.on("error", reject);
  // After an end this changes nothing.
  response.once("close", () => reject(new Error("its answer is cut off")));
  response.once("end", () => {
    const { statusCode: status = 0, headers } = response;
    if (response.complete)
      resolve({ status, headers, body: Buffer.concat(chunks).toString("utf8") });
  });
}
