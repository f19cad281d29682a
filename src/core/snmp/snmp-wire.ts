import { isIPv6 } from "node:net";
import snmp from "net-snmp";
import type { Millis } from "../../lib/clock.ts";
import type { SnmpLogin, SnmpTarget } from "../../sdk/snmp-profile.ts";
import { askedSockets } from "./asked-socket.ts";
import type { Cell } from "./cell.ts";

/** An object and what was found there. `end`: the agent has nothing there. */
export interface Found {
  readonly oid: string;
  readonly cell: Cell;
  readonly end: boolean;
}

/** How the library answers. */
export type Callback<T> = (error: Error | null, answer?: T) => void;

/** One request as a promise. */
export function once<T>(send: (done: Callback<T>) => void): Promise<T | []> {
  return new Promise((resolve, reject) => {
    send((error, answer) => (error ? reject(error) : resolve(answer ?? [])));
  });
}

/** The part of a session of the library that is used. */
export type WireSession = Pick<snmp.Session, "get" | "getNext" | "getBulk" | "set" | "close">;

/** Opens a session with an agent. */
export type OpenWire = (target: SnmpTarget, timeout: Millis, writing?: boolean) => WireSession;

/** A session of the library that repeats nothing. */
export function openSession(target: SnmpTarget, timeout: Millis, writing = false): snmp.Session {
  const options = {
    port: target.port,
    retries: 0,
    timeout,
    transport: isIPv6(target.host) ? ("udp6" as const) : ("udp4" as const),
    idBitsSize: 32,
    dgramModule: askedSockets,
  };
  const session = openWith(target.login, target.host, options, writing);
  // Mutated packets are emitted as errors; without a listener they would end the process.
  session.on("error", () => undefined);
  return session;
}

function openWith(
  login: SnmpLogin,
  host: string,
  options: snmp.SessionOptions,
  writing: boolean,
): snmp.Session {
  if (login.version !== "3") {
    const version = login.version === "1" ? snmp.Version1 : snmp.Version2c;
    const community = writing ? (login.writeCommunity ?? login.community) : login.community;
    return snmp.createSession(host, community, { ...options, version });
  }
  return snmp.createV3Session(host, usmUser(login), { ...options, version: snmp.Version3 });
}

/** A user of version 3, as the library wants it. */
export function usmUser(login: Extract<SnmpLogin, { version: "3" }>): snmp.User {
  const level = login.priv ? "authPriv" : login.auth ? "authNoPriv" : "noAuthNoPriv";
  return {
    name: login.user,
    level: snmp.SecurityLevel[level],
    ...(login.auth && {
      authProtocol: snmp.AuthProtocols[login.auth.protocol],
      authKey: login.auth.secret,
    }),
    ...(login.priv && {
      privProtocol: snmp.PrivProtocols[login.priv.protocol],
      privKey: login.priv.secret,
    }),
  };
}

/** What the agent says, in our terms; objects that it has not, and types that carry no state, are undefined. */
export function found(varbind: snmp.Varbind): Found {
  const { oid, type, value } = varbind;
  const end =
    type === snmp.ObjectType.EndOfMibView ||
    type === snmp.ObjectType.NoSuchObject ||
    type === snmp.ObjectType.NoSuchInstance;
  return { oid, cell: cellOf(type, value), end };
}

function cellOf(type: snmp.ObjectType | undefined, value: snmp.VarbindValue): Cell {
  const { ObjectType } = snmp;
  if (typeof value === "number") {
    if (type === ObjectType.Integer || type === ObjectType.Gauge) return value;
    return type === ObjectType.Counter || type === ObjectType.TimeTicks
      ? { count: value }
      : undefined;
  }
  if (value instanceof Uint8Array) {
    if (type === ObjectType.OctetString) return value;
    return type === ObjectType.Counter64 ? { count: wide(value) } : undefined;
  }
  return type === ObjectType.OID && typeof value === "string" ? { oid: value } : undefined;
}

const wide = (octets: Uint8Array): number => octets.reduce((sum, octet) => sum * 256 + octet, 0);

/** Order of the tree: arc by arc, as numbers. Negative where `one` comes first. */
export function compareOids(one: string, other: string): number {
  const shorter = Math.min(one.length, other.length);
  let at = 0;
  while (at < shorter && one.charCodeAt(at) === other.charCodeAt(at)) at++;
  if (at === shorter) return one.length - other.length;
  // Of two arcs with the same beginning the longer one is the larger number.
  const digits = arcEnd(one, at) - arcEnd(other, at);
  return digits === 0 ? one.charCodeAt(at) - other.charCodeAt(at) : digits;
}

function arcEnd(oid: string, from: number): number {
  const end = oid.indexOf(".", from);
  return end < 0 ? oid.length : end;
}
