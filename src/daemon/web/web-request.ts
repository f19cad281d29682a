/** What a request is, before anything is done for it: its host, its method, its path, its body. */
import type { IncomingMessage } from "node:http";
import type { WebPolicy } from "../../config/site-config.ts";
import { printable } from "../../lib/printable.ts";
import { type Reply, refusal } from "./web-reply.ts";

export const MAX_BODY_BYTES = 4096;
const MAX_USER = 64;

/** Whether it was meant for us: a page of another site whose name was made to lead here says that name (DNS rebinding). */
export function isForUs(host: string | undefined, { url, listen }: WebPolicy): boolean {
  const asked = host?.toLowerCase() ?? "";
  const wanted = new URL(url);
  const known = [
    wanted.host,
    `${wanted.hostname}:${wanted.port || (wanted.protocol === "https:" ? 443 : 80)}`,
  ];
  // As a proxy says it that passes on its own way here, and as it is asked from this machine.
  if ("path" in listen) known.push("localhost");
  else
    for (const name of ["localhost", "127.0.0.1", "[::1]", listen.address])
      known.push(`${name}:${listen.port}`);
  return known.includes(asked);
}

/** The token of "/i/TOKEN", with or without the path of the configured address before it; undefined: another path. */
export function tokenOf(target: string, { url }: WebPolicy): string | undefined {
  const base = new URL(url).pathname;
  const path = target.split("?", 1)[0] ?? "";
  const rest = base !== "/" && path.startsWith(base) ? path.slice(base.length - 1) : path;
  return /^\/i\/([\w-]{1,200})$/.exec(rest)?.[1];
}

/** Whether a browser says that another site made it ask. */
export const isForeign = ({ headers }: IncomingMessage): boolean => {
  const from = headers["sec-fetch-site"];
  return from !== undefined && from !== "same-origin" && from !== "none";
};

/** Who asks, in words: the address, and what the proxy says, where that is believed. */
export function askerOf(request: IncomingMessage, policy: WebPolicy): string {
  const said = (name: string | undefined) => {
    const value = name === undefined ? undefined : request.headers[name];
    if (typeof value !== "string" || value === "") return undefined;
    // Node reads a head byte by byte; proxies write UTF-8.
    return printable(Buffer.from(value, "latin1").toString("utf8"), MAX_USER);
  };
  const address = said(policy.addressHeader) ?? request.socket.remoteAddress ?? "a local socket";
  const user = said(policy.userHeader);
  return `by link from ${address}${user === undefined ? "" : `, as "${user}"`}`;
}

/** The fields of a form, or why they are not taken. */
export async function formOf(request: IncomingMessage): Promise<URLSearchParams | Reply> {
  const type = request.headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase();
  if (type !== "application/x-www-form-urlencoded")
    return refusal(415, "Not a form", "An answer is the form of the page, and nothing else.");
  if (Number(request.headers["content-length"] ?? 0) > MAX_BODY_BYTES) return tooLong();
  const pieces: Buffer[] = [];
  let size = 0;
  // What is too long is not read on, and the connection is still there to be told so.
  const body: AsyncIterable<Buffer> = request.iterator({ destroyOnReturn: false });
  for await (const piece of body) {
    size += piece.length;
    if (size > MAX_BODY_BYTES) return tooLong();
    pieces.push(piece);
  }
  return new URLSearchParams(Buffer.concat(pieces).toString("utf8"));
}

const tooLong = (): Reply =>
  refusal(413, "Too long", `An answer has at most ${MAX_BODY_BYTES} bytes.`, undefined, {
    connection: "close",
  });
