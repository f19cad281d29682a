/**
 * Web page of incidents, for those who have a link. Nothing else is here: no list, no file, no log-in.
 *
 *   connection (few at a time) ► head (8 kB, 10 s) ► Host, method, path ► GET: the page, changes nothing
 *                                                                    └► POST: form of 4 kB ► answer ► back to the page
 *
 * It is beside all else: whatever goes wrong here is told and ends nothing. A port that is taken is tried again.
 */

import { chmod, stat, unlink } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import type { WebPolicy } from "../../config/site-config.ts";
import type { Clock, Millis, Timer } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";
import { messageOf } from "../../lib/errors.ts";
import { type ListeningAt, listenAt } from "../listen-at.ts";
import { broken, type IncidentSite } from "./incident-site.ts";
import { type Reply, refusal, sendReply } from "./web-reply.ts";
import { askerOf, formOf, isForeign, isForUs, tokenOf } from "./web-request.ts";

/** Every connection costs memory; a proxy needs few. */
const MAX_CONNECTIONS = 32;
const MAX_REQUESTS_PER_CONNECTION = 100;
/** A page costs milliseconds in which no console is read: many requests in one piece of one connection wait for nobody. */
const MAX_AT_ONCE = 8;
const LIMITS = {
  maxHeaderSize: 8192,
  headersTimeout: seconds(10),
  requestTimeout: seconds(15),
  keepAliveTimeout: seconds(5),
  /** How often the times above are looked at. */
  connectionsCheckingInterval: seconds(2),
};
/** A connection on which nothing moves. */
const SILENT: Millis = seconds(20);
const AGAIN: Millis = seconds(30);
/** Trouble of one kind is told no more often than this. */
const TELL_EVERY: Millis = seconds(60);

export interface WebParts {
  readonly policy: WebPolicy;
  readonly incidents: Pick<IncidentSite, "show" | "answer">;
  readonly clock: Clock;
  readonly note: (type: "web.ready" | "web.down" | "web.error", text: string) => void;
}

export class WebServer {
  readonly #parts: WebParts;
  #server: Server | undefined;
  #socket: ListeningAt | undefined;
  #again: Timer | undefined;
  #isDown = false;
  #toldAt = Number.NEGATIVE_INFINITY;
  #stopped = false;
  /** Pages being made, answers being written. */
  #making = 0;

  constructor(parts: WebParts) {
    this.#parts = parts;
  }

  /** Port in use; undefined while it does not listen, and at a socket of the file system. */
  get port(): number | undefined {
    const address = this.#server?.address();
    return typeof address === "object" ? address?.port : undefined;
  }

  /** Listens; never rejects. Where that cannot be, it is told and tried again. */
  async start(): Promise<void> {
    const { policy, clock, note } = this.#parts;
    const server = this.#make();
    try {
      await this.#listen(server);
      if (this.#stopped) {
        close(server);
        return;
      }
      this.#server = server;
      // Whatever an open listener meets later: too many open files, for one.
      server.on("error", (thrown) =>
        this.#trouble(`connections are refused: ${messageOf(thrown)}`),
      );
      note("web.ready", `incidents are shown at ${placeOf(policy)}, for others at ${policy.url}`);
      this.#isDown = false;
    } catch (thrown) {
      close(server);
      if (this.#stopped) return;
      const text = `incidents are not shown, links lead nowhere: cannot listen at ${placeOf(policy)}: ${messageOf(thrown)}`;
      if (!this.#isDown) note("web.down", text);
      this.#isDown = true;
      this.#again = clock.after(AGAIN, () => void this.start());
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#again?.cancel();
    this.#socket?.close();
    if (this.#server) close(this.#server);
  }

  #make(): Server {
    const server = createServer(LIMITS, (request, response) => {
      // A connection that breaks in the midst is nobody's error.
      for (const stream of [request, response]) stream.on("error", () => undefined);
      this.#take(request, response).catch((thrown: unknown) => {
        this.#trouble(`a connection was given up: ${messageOf(thrown)}`);
        response.destroy();
      });
    });
    server.maxConnections = MAX_CONNECTIONS;
    server.maxRequestsPerSocket = MAX_REQUESTS_PER_CONNECTION;
    server.timeout = SILENT;
    server.on("clientError", (_error, socket) => refuse(socket as Socket));
    return server;
  }

  async #listen(server: Server): Promise<void> {
    const { listen } = this.#parts.policy;
    if ("path" in listen) {
      await clearStale(listen.path);
      this.#socket = await listenAt(server, listen.path);
      // As at a port of this machine: who may come here is who may pass its folder, and a link is what counts.
      await chmod(listen.path, 0o666);
      return;
    }
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(listen.port, listen.address, () => {
        server.off("error", reject);
        resolve();
      });
    });
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const reply = await this.#reply(request).catch((thrown: unknown) =>
      broken(thrown, (text) => this.#trouble(text)),
    );
    sendReply(response, reply, request.method !== "HEAD");
  }

  async #reply(request: IncomingMessage): Promise<Reply> {
    const { policy, incidents } = this.#parts;
    const { method = "", url: target = "", headers } = request;
    if (!isForUs(headers.host, policy))
      return refusal(421, "Not here", "This is not the host that was asked for.");
    const token = tokenOf(target, policy);
    if (token === undefined)
      return refusal(404, "Nothing here", "Only a link of an alert leads to an incident.");
    if (method === "GET" || method === "HEAD") return this.#made(() => incidents.show(token));
    if (method !== "POST")
      return refusal(405, "Not so", "A page is got, and an answer is posted.", undefined, {
        allow: "GET, HEAD, POST",
      });
    if (isForeign(request))
      return refusal(403, "Not from there", "Another site made this answer. Nothing was done.");
    const form = await formOf(request);
    if (!(form instanceof URLSearchParams)) return form;
    return this.#made(() => incidents.answer(token, form, askerOf(request, policy)));
  }

  /** Only what came whole is counted: a form that never ends holds nobody up. */
  async #made(make: () => Promise<Reply>): Promise<Reply> {
    if (this.#making >= MAX_AT_ONCE) return tooMany();
    this.#making++;
    try {
      return await make();
    } finally {
      this.#making--;
    }
  }

  #trouble(text: string): void {
    const { clock, note } = this.#parts;
    if (clock.monotonic() - this.#toldAt < TELL_EVERY) return;
    this.#toldAt = clock.monotonic();
    note("web.error", text);
  }
}

/** Nothing was done. The connection ends: what else came by it is not looked at. */
const tooMany = (): Reply =>
  refusal(503, "Too many at once", "Nothing was done. Try again in a moment.", undefined, {
    "retry-after": "2",
    connection: "close",
  });

const placeOf = ({ listen }: WebPolicy): string => {
  if ("path" in listen) return listen.path;
  const { address, port } = listen;
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
};

/** To bytes that are no request. */
function refuse(socket: Socket): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  socket.end("HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n", () =>
    socket.destroy(),
  );
}

function close(server: Server): void {
  server.close();
  server.closeAllConnections();
}

/** Removes a socket at which nobody listens. Another file, or somebody who does, stays and is told of. */
async function clearStale(path: string): Promise<void> {
  const known = await stat(path).catch(() => undefined);
  if (!known?.isSocket()) return;
  const isDead = await new Promise<boolean>((resolve) => {
    const probe = connect(path, () => {
      probe.destroy();
      resolve(false);
    });
    probe.on("error", (error) => resolve("code" in error && error.code === "ECONNREFUSED"));
  });
  if (isDead) await unlink(path);
}
