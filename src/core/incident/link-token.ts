/**
 * Links to an incident's page. Whoever has a link is whom it was made for, so it cannot be guessed, and says itself what
 * it is good for:
 *
 *   token = base64url( version may incident until asked kind to | first half of HMAC-SHA256(key, all before) )
 *
 * Nothing is kept of a link but the key: a new key ends all of them. `asked` and `kind` name the question that an answer
 * is good for; once it is answered, by whomever, the incident's story has gone on, and the link answers nothing more.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { Millis } from "../../lib/clock.ts";

export const KEY_BYTES = 32;
const MAC_BYTES = 16;
/** Of the channel or the person that a link was made for. */
const MAX_TO_BYTES = 64;
const VERSION = 1;
const HEAD = { incident: 2, until: 6, asked: 12, kind: 18, to: 19 } as const;
const MAX_TOKEN = Math.ceil(((HEAD.to + MAX_TO_BYTES + MAC_BYTES) * 4) / 3);

const RIGHTS = ["view", "answer"] as const;
export type LinkRight = (typeof RIGHTS)[number];

/** Entries of a story by which a question is known. */
export const ASK_KINDS = ["watch.page", "watch.ask", "watch.approved", "watch.denied"] as const;

/** The newest entry of the story that has to do with asking: another one means another question. */
export interface AskMark {
  readonly at: Millis;
  readonly kind: (typeof ASK_KINDS)[number];
}

/** What a link is good for. */
export interface LinkClaim {
  readonly incident: number;
  readonly may: LinkRight;
  /** Unix ms. */
  readonly until: Millis;
  /** Of an answer: the question. */
  readonly asked?: AskMark;
  /** "channel chat", "jana" */
  readonly to: string;
}

export function sealLink(claim: LinkClaim, key: Uint8Array): string {
  const to = Buffer.from(claim.to).subarray(0, MAX_TO_BYTES);
  const head = Buffer.alloc(HEAD.to);
  head[0] = VERSION;
  head[1] = RIGHTS.indexOf(claim.may);
  head.writeUInt32BE(claim.incident, HEAD.incident);
  head.writeUIntBE(Math.floor(claim.until), HEAD.until, 6);
  head.writeUIntBE(Math.floor(claim.asked?.at ?? 0), HEAD.asked, 6);
  head[HEAD.kind] = claim.asked ? 1 + ASK_KINDS.indexOf(claim.asked.kind) : 0;
  const body = Buffer.concat([head, to]);
  return Buffer.concat([body, macOf(body, key)]).toString("base64url");
}

/** What a token says; undefined where this key did not make it. Whether its time is over is not looked at. */
export function openLink(token: string, key: Uint8Array): LinkClaim | undefined {
  if (token.length > MAX_TOKEN || !/^[\w-]+$/.test(token)) return undefined;
  const bytes = Buffer.from(token, "base64url");
  // Unused bits at the end of base64: one link has one form.
  if (bytes.length < HEAD.to + MAC_BYTES || bytes.toString("base64url") !== token) return undefined;
  const body = bytes.subarray(0, -MAC_BYTES);
  if (!timingSafeEqual(macOf(body, key), bytes.subarray(-MAC_BYTES))) return undefined;
  const may = RIGHTS[body[1] ?? -1];
  if (body[0] !== VERSION || may === undefined) return undefined;
  const kind = ASK_KINDS[(body[HEAD.kind] ?? 0) - 1];
  return {
    incident: body.readUInt32BE(HEAD.incident),
    may,
    until: body.readUIntBE(HEAD.until, 6),
    ...(kind && { asked: { at: body.readUIntBE(HEAD.asked, 6), kind } }),
    to: body.subarray(HEAD.to).toString("utf8"),
  };
}

const macOf = (body: Uint8Array, key: Uint8Array): Buffer =>
  createHmac("sha256", key)
    .update("oob-incident-link\0")
    .update(body)
    .digest()
    .subarray(0, MAC_BYTES);

/** Text in which no link stands any more: who says what it was sent must not give it on to all who read what it said. */
export const withoutLinks = (text: string): string => text.replace(/\/i\/[\w-]{20,}/g, "/i/…");
