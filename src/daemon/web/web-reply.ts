import type { ServerResponse } from "node:http";
import { messageHtml } from "./incident-html.ts";
import { PAGE_POLICY } from "./page-style.ts";

/** What is answered to a request. */
export interface Reply {
  readonly status: number;
  readonly html: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The same with every answer: nothing of a page is kept, framed, followed or run. */
const HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": PAGE_POLICY,
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "x-robots-tag": "noindex, nofollow",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
};

/** Sends it. `withBody`: false for HEAD. */
export function sendReply(response: ServerResponse, reply: Reply, withBody: boolean): void {
  if (response.headersSent || response.destroyed) return;
  const body = Buffer.from(reply.html);
  response.writeHead(reply.status, {
    ...HEADERS,
    ...reply.headers,
    "content-length": String(body.length),
  });
  response.end(withBody ? body : undefined);
}

/** A page that says what is wrong. */
export const refusal = (
  status: number,
  title: string,
  text: string,
  hint?: string,
  headers: Readonly<Record<string, string>> = {},
): Reply => ({ status, html: messageHtml(title, text, hint), headers });
