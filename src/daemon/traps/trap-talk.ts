import type { Millis } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";
import type { SnmpLogin } from "../../sdk/snmp-profile.ts";

/** How often the process says that it is alive. */
export const BEAT_EVERY: Millis = seconds(5);

/** A PDU whose traps are heard: from where they come, and what they have to know. */
export interface TrapSource {
  readonly pdu: string;
  /** Addresses of the PDU; of others nothing is read. */
  readonly addresses: readonly string[];
  /** As whom it is read. Of a community, what it is written with is left out. */
  readonly login: SnmpLogin;
  /** Communities of its traps. */
  readonly communities: readonly string[];
}

/** What the process that hears traps is told. Secrets come this way, and in no argument. */
export interface TrapOrder {
  readonly address: string;
  readonly port: number;
  readonly sources: readonly TrapSource[];
}

/** What it tells. */
export type TrapNews =
  | { readonly is: "ready"; readonly port: number }
  | {
      readonly is: "trap";
      readonly pdu: string;
      readonly from: string;
      /** OID of what the trap says it is about; nothing of it is believed. */
      readonly what: string;
    }
  /** Datagrams that were no trap of a PDU of ours, by reason. */
  | { readonly is: "dropped"; readonly why: Readonly<Record<string, number>> }
  /** It is alive: one that loops over a datagram would not be. */
  | { readonly is: "beat" }
  | { readonly is: "failed"; readonly why: string };

const DOTTED = /^\d{1,10}(?:\.\d{1,10}){1,63}$/;

/** Reads what came from the process; undefined for anything else: it works on hostile bytes. */
export function trapNewsOf(value: unknown): TrapNews | undefined {
  const news = Object(value) as Record<string, unknown>;
  switch (news.is) {
    case "ready":
      return typeof news.port === "number" ? { is: "ready", port: news.port } : undefined;
    case "beat":
      return { is: "beat" };
    case "failed":
      return typeof news.why === "string"
        ? { is: "failed", why: news.why.slice(0, 200) }
        : undefined;
    case "trap": {
      const { pdu, from, what } = news;
      const texts = typeof pdu === "string" && typeof from === "string" && from.length < 64;
      if (!texts || typeof what !== "string") return undefined;
      return { is: "trap", pdu, from, what: DOTTED.test(what) ? what : "?" };
    }
    case "dropped": {
      const counts = Object.entries(Object(news.why) as Record<string, unknown>).slice(0, 16);
      return {
        is: "dropped",
        why: Object.fromEntries(
          counts.flatMap(([why, n]) => (typeof n === "number" ? [[why.slice(0, 60), n]] : [])),
        ),
      };
    }
    default:
      return undefined;
  }
}
