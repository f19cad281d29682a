/**
 * The web server of a small power device: one function answers, a login may stand before it (Basic, or Digest checked
 * as RFC 7616 says), and its faults are switches.
 */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { MOCK_CERTIFICATE } from "./http-certificate.ts";

/** A request that was let in. */
export interface MockRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** What the device says; objects go out as JSON. */
export interface MockReply {
  readonly status?: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** How it lets people in. */
export interface MockLogin {
  readonly scheme: "basic" | "md5" | "sha-256" | "both" | "unsaid";
  readonly user: string;
  readonly password: string;
  /** A nonce is good for so many requests; then it is said to be stale. */
  readonly nonceUses?: number;
  /** Paths that everybody may ask for. */
  readonly open?: readonly string[];
}

/** What goes wrong at the wire. */
export interface HttpFaults {
  /** Listens to everything and says nothing. */
  mute?: boolean;
  /** Does what it is asked, and drops the connection instead of answering. */
  drops?: boolean;
  /** Answers this instead, and does nothing. */
  instead?: MockReply;
  /** Does what it is asked, and answers this. */
  says?: MockReply;
  /** Ends in the middle of its answer. */
  cuts?: boolean;
  /** Its answer does not end. */
  endless?: boolean;
}

export class HttpService {
  readonly faults: HttpFaults = {};
  /** What was let in, in order. */
  readonly asked: MockRequest[] = [];
  /** How often somebody was turned away. */
  refused = 0;
  readonly #answer: (request: MockRequest) => MockReply;
  readonly #login: MockLogin | undefined;
  readonly #server: Server;
  #nonce = 0;
  #uses = 0;

  constructor(answer: (request: MockRequest) => MockReply, login?: MockLogin, tls = false) {
    this.#answer = answer;
    this.#login = login;
    const serve = (request: IncomingMessage, response: ServerResponse) =>
      void this.#serve(request, response).catch(() => response.destroy());
    this.#server = tls ? createTlsServer(MOCK_CERTIFICATE, serve) : createServer(serve);
  }

  /** Listens on loopback; gives the port. */
  async listen(port = 0): Promise<number> {
    this.#server.listen(port, "127.0.0.1");
    await once(this.#server, "listening");
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = (await request.toArray()).join("");
    const { method = "", url = "" } = request;
    if (this.faults.mute) return;
    if (!this.#letsIn(method, url, request.headers.authorization)) {
      this.refused++;
      response.writeHead(401, this.#challenge()).end("<html>no</html>");
      return;
    }
    const { pathname, searchParams } = new URL(url, "http://mock");
    const asked = { method, path: pathname, query: searchParams, headers: request.headers, body };
    this.asked.push(asked);
    const done = this.faults.instead ?? this.#answer(asked);
    if (this.faults.drops) request.socket.destroy();
    else this.#reply(this.faults.says ?? done, response);
  }

  #reply({ status = 200, body = "", headers = {} }: MockReply, response: ServerResponse): void {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const { cuts = false, endless = false } = this.faults;
    // 204 has no body that could be cut.
    const shown = cuts || endless ? 200 : status;
    response.writeHead(shown, { "content-type": "application/json", ...headers });
    if (endless) this.#fill(response);
    else if (cuts) response.write(text.slice(0, -1) || " ", () => response.destroy());
    else response.end(text);
  }

  #fill(response: ServerResponse): void {
    const more = () => {
      if (!response.destroyed) response.write(" ".repeat(65536), more);
    };
    more();
  }

  #challenge(): Record<string, string | string[]> {
    const { scheme } = this.#login ?? { scheme: "unsaid" };
    const nonce = `n${++this.#nonce}`;
    const stale = this.#uses > 0 ? ", stale=true" : "";
    this.#uses = 0;
    const digest = (algorithm: string) =>
      `Digest realm="mock, of \\"power\\"", qop="auth, auth-int", algorithm=${algorithm}, nonce="${nonce}", opaque="o="${stale}`;
    if (scheme === "unsaid") return {};
    if (scheme === "basic") return { "www-authenticate": 'Basic realm="mock"' };
    if (scheme === "md5") return { "www-authenticate": digest("MD5") };
    if (scheme === "sha-256") return { "www-authenticate": digest("SHA-256") };
    return { "www-authenticate": ['Basic realm="mock"', digest("MD5"), digest("SHA-256")] };
  }

  #letsIn(method: string, url: string, given = ""): boolean {
    if (this.#login === undefined || this.#login.open?.includes(url)) return true;
    const { scheme, user, password, nonceUses = Number.POSITIVE_INFINITY } = this.#login;
    if (scheme === "basic" || scheme === "unsaid")
      return given === `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
    const said = (name: string) =>
      new RegExp(`[ ,]${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^",]*))`)
        .exec(given)
        ?.slice(1)
        .join("")
        .replace(/\\(.)/g, "$1") ?? "";
    const hash = (...parts: string[]) =>
      createHash(scheme === "md5" ? "md5" : "sha256")
        .update(parts.join(":"))
        .digest("hex");
    if (said("nonce") !== `n${this.#nonce}` || said("uri") !== url || said("opaque") !== "o=")
      return false;
    if (said("username") !== user || Number.parseInt(said("nc"), 16) !== this.#uses + 1)
      return false;
    const wanted = hash(
      hash(user, said("realm"), password),
      ...[said("nonce"), said("nc"), said("cnonce"), "auth"],
      hash(method, url),
    );
    return said("response") === wanted && ++this.#uses <= nonceUses;
  }
}
