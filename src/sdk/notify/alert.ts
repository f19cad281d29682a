import type { Clock, Millis } from "../../lib/clock.ts";
import { printable } from "../../lib/printable.ts";
import type { Link } from "../link.ts";
import type { OptionFault, OptionSpecs, OptionValues, SecretRef } from "../options.ts";
import type { SnmpLogin } from "../snmp-profile.ts";

/** How urgent an alert is, least first. `critical`: a person is called. */
export const SEVERITIES = ["info", "warning", "critical"] as const;
export type Severity = (typeof SEVERITIES)[number];

/**
 * What a person is told. All texts are printable and on one line, but hostile otherwise: a host may have printed them.
 * A channel escapes what means something in its own language.
 */
export interface Alert {
  /** The same whenever this alert is sent again: whoever gets it twice can tell. */
  readonly key: string;
  /** One incident is one thread: "demo/incident/12". */
  readonly thread: string;
  /** Nothing of this thread went through this channel before. */
  readonly first: boolean;
  /** `acknowledged`: a person holds the host. `resolved`: the thread is at its end. */
  readonly phase: "open" | "acknowledged" | "resolved";
  readonly severity: Severity;
  readonly site: string;
  readonly host?: string;
  readonly incident?: number;
  /** Unix ms of the newest thing told. */
  readonly at: Millis;
  /** "web1: kernel panic" */
  readonly title: string;
  /** What the console showed, at most three lines. */
  readonly seen: readonly string[];
  /** What happened, oldest first. */
  readonly news: readonly { readonly at: Millis; readonly text: string }[];
  /** What will be done, and when. */
  readonly next?: string;
  /** Commands that stop it, or show more. */
  readonly commands: readonly string[];
  /** To the page of the incident. Whoever has it may do what it is for: nothing that many read should hold it. */
  readonly link?: string;
}

/** An SNMP notification and where it goes. */
export interface SnmpNotice {
  readonly host: string;
  readonly port: number;
  readonly login: SnmpLogin;
  /** An inform is answered; a trap is not. */
  readonly confirmed: boolean;
  readonly timeout: Millis;
  /** Of version 3 traps: whom the receiver knows us as. */
  readonly engine?: string;
  readonly oid: string;
  readonly objects: readonly { readonly oid: string; readonly value: string | number }[];
}

/** What a channel is given when it sends. */
export interface NotifyContext {
  readonly clock: Clock;
  readonly secret: (ref: SecretRef) => Promise<string>;
  /** Aborted when it takes too long, or the process ends. */
  readonly signal: AbortSignal;
  /** Link to a modem, where the entry says `via:`. */
  readonly through?: Link;
  readonly snmp: (notice: SnmpNotice) => Promise<void>;
}

/** A way to tell people. One file in drivers/notify/, or a user's own. */
export interface NotifyDriver {
  readonly summary: string;
  readonly sources: readonly string[];
  readonly options: OptionSpecs;
  /** true: it goes through another device (`via:`), which it is given as `context.through`. */
  readonly through?: true;
  /** What would make `send` refuse these options, found without touching anything. */
  check?(options: OptionValues): readonly OptionFault[];
  /**
   * true: with these options success says that an alert left, not that it came anywhere. It counts as sent, but a
   * channel for emergencies (`fallback:`) does not keep silent because of it.
   */
  isBlind?(options: OptionValues): boolean;
  /**
   * Sends once, and resolves with what the other side said to it, in words. Throws what went wrong: it is tried again
   * later. Never shows a secret, nor an address that may hold one.
   */
  send(alert: Alert, options: OptionValues, context: NotifyContext): Promise<string>;
}

/** Declares a channel. */
export const defineNotify = (driver: NotifyDriver): NotifyDriver => driver;

/** With its day: it may arrive long after. */
const moment = (at: Millis): string =>
  `${new Date(at).toISOString().slice(0, 19).replace("T", " ")}Z`;

/** "[demo] CRITICAL web1: kernel panic", on one line. */
export function alertHead({ phase, severity, title, site }: Alert): string {
  const word = { open: severity, acknowledged: "acknowledged", resolved: "resolved" }[phase];
  return printable(`[${site}] ${word.toUpperCase()} ${title}`, 200);
}

/** An alert as lines of plain text, without its head. */
export function alertLines({ seen, news, next, commands, link }: Alert): string[] {
  return [
    ...(seen.length > 0 ? ["Seen on the console:", ...seen.map((line) => `  ${line}`), ""] : []),
    ...news.map((one) => `${moment(one.at)}  ${one.text}`),
    ...(next === undefined ? [] : ["", `Next: ${next}`]),
    ...(commands.length > 0 ? ["", ...commands.map((command) => `  ${command}`)] : []),
    ...(link === undefined ? [] : ["", `  ${link}`]),
  ];
}

/** An alert as programs read it. Fields may be added, never changed or taken away. */
export function alertJson({ at, news, ...alert }: Alert): object {
  return {
    v: 1,
    ...alert,
    at: new Date(at).toISOString(),
    news: news.map((one) => ({ at: new Date(one.at).toISOString(), text: one.text })),
  };
}
