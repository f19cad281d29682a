/**
 * A Redfish service (DMTF DSP0266) as a session of ours at it.
 *
 *   GET  ─► 401? log in, once more ─► resource
 *   act  ─► 401? log in, once more ─► 412, 428? with the ETag, once more ─► 2xx ─► 202? the task is followed for a while
 *
 * - What is sent again was refused before it did anything: those statuses say so. A lost answer is PDU_SILENT.
 * - Each session is deleted at the end: services have few. Basic authentication sends the password each time.
 * - Only paths are followed, never hosts.
 */
import {
  linkAt,
  localPath,
  messageIds,
  messagesIn,
  parseResource,
  taskProgress,
} from "../../codec/redfish.ts";
import type { Clock, Millis } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import { loginAgain } from "../dialogue/login-again.ts";
import type { HttpAnswer, HttpClient, HttpRequest } from "../http/http-client.ts";

/** DSP0266, 6.2: the service root, with the slash. */
export const REDFISH_ROOT = "/redfish/v1/";
/** Where sessions are created if the root does not say (DSP0266, 13.3.4). */
const SESSIONS = "/redfish/v1/SessionService/Sessions";
/** A task that runs longer is left alone: the state tells how it ends. */
const FOLLOW_FOR: Millis = seconds(8);
const FOLLOW_EVERY: Millis = 500;
const MAX_TOKEN = 4096;

/** Who logs in, and how. */
export interface RedfishLogin {
  readonly user: string;
  readonly password: string;
  readonly way: "session" | "basic";
}

interface Session {
  readonly token: string;
  /** Where it is deleted. */
  readonly path: string | undefined;
}

export class RedfishService {
  readonly #http: HttpClient;
  readonly #clock: Clock;
  readonly #login: RedfishLogin;
  #session: Promise<Session> | undefined;
  #sessions = SESSIONS;

  constructor(http: HttpClient, login: RedfishLogin, clock: Clock) {
    this.#http = http;
    this.#login = login;
    this.#clock = clock;
  }

  get label(): string {
    return this.#http.label;
  }

  /** The service root, which everybody may read. Throws PDU_UNKNOWN where something else answers. */
  async root(): Promise<unknown> {
    const request: HttpRequest = { path: REDFISH_ROOT, headers: HEADERS, doing: "read" };
    let answer = await this.#http.exchange(request);
    // It should be open to all; not every service knows.
    if (answer.status === 401) answer = await this.#authorized(request);
    const root = answer.status === 200 ? parseResource(answer.body) : undefined;
    if (linkAt(root, "Systems") === undefined && linkAt(root, "PowerEquipment") === undefined) {
      if (answer.status !== 200) throw this.#refusal(request, answer);
      const hint = "Is this the address of the BMC, and is Redfish switched on there?";
      throw new OobError("PDU_UNKNOWN", `Cannot read ${this.label}: no Redfish service answers`, {
        hint,
      });
    }
    this.#sessions = linkAt(root, "Links", "Sessions") ?? SESSIONS;
    return root;
  }

  /** A resource, fresh. */
  async get(path: string): Promise<unknown> {
    const request: HttpRequest = { path, doing: "read" };
    const answer = await this.#authorized(request);
    if (answer.status !== 200) throw this.#refusal(request, answer);
    const resource = parseResource(answer.body);
    if (typeof resource === "object" && resource !== null) return resource;
    throw new OobError("PDU_SILENT", `Cannot read ${this.label}: its answer is no resource`, {
      hint: "The service may be starting; read it again",
    });
  }

  /**
   * Has something done, once. `tagged`: the resource whose ETag is shown where the service wants one. Up to seven requests
   * come before it (root, systems, login, system, values, login, ETag): once `late` is aborted it does not go out. Throws
   * PDU_REFUSED where it said no, PDU_SILENT where what it did is not known.
   */
  async act(
    method: "POST" | "PATCH",
    path: string,
    body: object,
    doing: string,
    { tagged, late }: { readonly tagged: string; readonly late: AbortSignal | undefined },
  ): Promise<void> {
    const what = { method, path, body: JSON.stringify(body) };
    const request: HttpRequest = { ...what, doing, acts: true, late };
    let answer = await this.#authorized(request);
    if (answer.status === 412 || answer.status === 428) {
      const tag = await this.#tagOf(tagged);
      if (tag !== undefined)
        answer = await this.#authorized({ ...request, headers: { "if-match": tag } });
    }
    if (answer.status < 200 || answer.status >= 300) throw this.#refusal(request, answer);
    if (answer.status === 202) await this.#follow(request, answer);
  }

  /** Ends the session. Never throws: a session that stays is forgotten by the service after a while. */
  async close(): Promise<void> {
    const session = await this.#session?.catch(() => undefined);
    this.#session = undefined;
    if (session?.path === undefined) return;
    const headers = { ...HEADERS, "x-auth-token": session.token };
    const request: HttpRequest = { method: "DELETE", path: session.path, headers, doing: "leave" };
    await this.#http.exchange(request).catch(() => undefined);
  }

  async #tagOf(path: string): Promise<string | undefined> {
    const answer = await this.#authorized({ path, doing: "read" });
    const { etag } = answer.headers;
    const resource = parseResource(answer.body);
    const inside = Object(resource) as Readonly<Record<string, unknown>>;
    const tag = etag ?? inside["@odata.etag"];
    return typeof tag === "string" && /^[ -~]{1,200}$/.test(tag) ? tag : undefined;
  }

  /** Follows a task until it has ended, or for a while. */
  async #follow(request: HttpRequest, first: HttpAnswer): Promise<void> {
    const task = parseResource(first.body);
    const place = localPath(first.headers.location) ?? localPath(Object(task)["@odata.id"]);
    const until = this.#clock.monotonic() + FOLLOW_FOR;
    let answer = first;
    while (place !== undefined && this.#clock.monotonic() < until) {
      const body = parseResource(answer.body);
      const progress = taskProgress(answer.status, body);
      if (progress === "done") return;
      if (progress === "failed") {
        const said = messagesIn(body);
        // Not a refusal: one that ends in "Exception" may have moved the machine before.
        throw new OobError(
          "PDU_SILENT",
          `${this.#cannot(request)}: its task failed${said === "" ? "" : `, and it says "${said}"`}`,
        );
      }
      await this.#clock.sleep(FOLLOW_EVERY);
      // What cannot be read of a task is no news of the machine.
      const next = await this.#authorized({ path: place, doing: "read" }).catch(() => undefined);
      if (next !== undefined && next.status < 500) answer = next;
    }
  }

  #authorized(request: HttpRequest): Promise<HttpAnswer> {
    return this.#login.way === "session" ? this.#inSession(request) : this.#withPassword(request);
  }

  async #inSession(request: HttpRequest): Promise<HttpAnswer> {
    for (let again = false; ; again = true) {
      const { token } = await this.#logIn();
      const headers = { ...HEADERS, ...request.headers, "x-auth-token": token };
      const answer = await this.#http.exchange({ ...request, headers });
      if (answer.status !== 401) return answer;
      // Sessions get old: it did nothing, and does it in a new one.
      this.#session = undefined;
      if (again) throw this.#loginRefused(answer);
    }
  }

  #withPassword(request: HttpRequest): Promise<HttpAnswer> {
    const { user, password } = this.#login;
    const words = Buffer.from(`${user}:${password}`, "utf8").toString("base64");
    const headers = { ...HEADERS, ...request.headers, authorization: `Basic ${words}` };
    return loginAgain({ peer: this.label, user, password }, this.#clock, async () => {
      const answer = await this.#http.exchange({ ...request, headers });
      if (answer.status === 401) throw this.#loginRefused(answer);
      return answer;
    });
  }

  #logIn(): Promise<Session> {
    this.#session ??= this.#newSession().catch((error: unknown) => {
      this.#session = undefined;
      throw error;
    });
    return this.#session;
  }

  #newSession(): Promise<Session> {
    const { user, password } = this.#login;
    return loginAgain({ peer: this.label, user, password }, this.#clock, async () => {
      const answer = await this.#http.exchange({
        ...{ method: "POST", path: this.#sessions, headers: HEADERS, doing: "log in to" },
        body: JSON.stringify({ UserName: user, Password: password }),
      });
      const token = answer.headers["x-auth-token"];
      if (answer.status >= 200 && answer.status < 300 && typeof token === "string") {
        const path = localPath(answer.headers.location) ?? linkAt(parseResource(answer.body));
        if (token.length <= MAX_TOKEN) return { token, path };
      }
      throw this.#sessionRefused(answer);
    });
  }

  #sessionRefused(answer: HttpAnswer): OobError {
    const body = parseResource(answer.body);
    const ids = messageIds(body);
    const cannot = `Cannot log in to ${this.label}`;
    if (ids.includes("SessionLimitExceeded") || answer.status === 503)
      return new OobError("PDU_SILENT", `${cannot}: it has no session left`, {
        hint: "Too many are logged in; end some there, or say auth: basic",
      });
    // Of a wrong password some say 401, some 400.
    if (answer.status === 401 || answer.status === 400 || answer.status === 403)
      return this.#loginRefused(answer);
    if (answer.status >= 500)
      return new OobError("PDU_SILENT", `${cannot}: it failed (HTTP ${answer.status})`);
    return new OobError("PDU_REFUSED", `${cannot}: it gives no session (HTTP ${answer.status})`, {
      hint: "Say auth: basic where a service has no sessions",
    });
  }

  #loginRefused({ status, body }: HttpAnswer): OobError {
    const user = printable(this.#login.user, 64);
    const resource = parseResource(body);
    const change = messageIds(resource).includes("PasswordChangeRequired");
    const why = change
      ? "it wants the password to be changed first"
      : "it does not take user or password";
    return new OobError(
      "LOGIN_REFUSED",
      `Cannot log in to ${this.label} as "${user}": ${why} (HTTP ${status})`,
      {
        hint: "Check user and secret, and that Redfish is allowed for this user",
      },
    );
  }

  #cannot({ doing }: HttpRequest): string {
    return `Cannot ${doing} ${this.label}`;
  }

  #refusal(request: HttpRequest, answer: HttpAnswer): OobError {
    const { status } = answer;
    const said = messagesIn(parseResource(answer.body));
    if (said === "" || (status >= 300 && status < 400)) return this.#http.refusal(request, answer);
    const text = `${this.#cannot(request)}: it says "${said}" (HTTP ${status})`;
    // 501 is a "no" like those of 4xx; other 5xx leave open what it did.
    return new OobError(status >= 500 && status !== 501 ? "PDU_SILENT" : "PDU_REFUSED", text);
  }
}

// Without the version some services answer otherwise (DSP0266, 6.5).
const HEADERS: Readonly<Record<string, string>> = {
  "odata-version": "4.0",
  "content-type": "application/json",
};
