/**
 * Hears SNMP traps, in a process of its own: the library's parser is known to fail on bad packets.
 *
 *   datagram ► too many, too long, not from a PDU of ours: dropped unread
 *            ► the PDU's receiver (a receiver each: users of the same name have their own keys) ► authentic? ► told
 *
 * One socket serves all; a receiver is given what comes from its PDU's addresses and nothing else.
 */
import type { RemoteInfo, Socket } from "node:dgram";
import { EventEmitter } from "node:events";
import snmp from "net-snmp";
import { usmUser } from "../../core/snmp/snmp-wire.ts";
import type { Clock, Millis } from "../../lib/clock.ts";
import { minutes } from "../../lib/durations.ts";
import type { TrapNews, TrapOrder, TrapSource } from "./trap-talk.ts";

/** Longer ones are no PDU's trap. */
const MAX_DATAGRAM = 8192;
/** A PDU of 48 outlets that all change sends a burst; after it, so many a second. */
const SOURCE = { burst: 60, perSecond: 2 };
const ALL = { burst: 400, perSecond: 50 };
const TELL_DROPPED_EVERY: Millis = minutes(1);
const SEQUENCE = 0x30;

/** What a receiver gives: fields of the packet, all of them what somebody has sent. */
interface Heard {
  readonly pdu: {
    readonly enterprise?: unknown;
    readonly varbinds?: readonly { readonly oid?: unknown; readonly value?: unknown }[];
    readonly community?: unknown;
    readonly user?: unknown;
  };
}

interface Ear {
  readonly source: TrapSource;
  readonly socket: EventEmitter;
  /** What the packet under way turned out to be. */
  heard: Heard | undefined;
}

export class TrapEar {
  readonly #clock: Clock;
  readonly #tell: (news: TrapNews) => void;
  readonly #wire: Pick<Socket, "send">;
  readonly #all: Allowance;
  readonly #ears = new Map<string, Ear[]>();
  readonly #allowances = new Map<string, Allowance>();
  readonly #dropped: Record<string, number> = {};

  constructor(
    sources: TrapOrder["sources"],
    {
      clock,
      tell,
      wire,
    }: {
      readonly clock: Clock;
      readonly tell: (news: TrapNews) => void;
      readonly wire: Pick<Socket, "send">;
    },
  ) {
    this.#clock = clock;
    this.#tell = tell;
    this.#wire = wire;
    this.#all = new Allowance(ALL, clock);
    for (const source of sources) {
      const ear = this.#ear(source);
      for (const address of source.addresses) {
        this.#ears.set(address, [...(this.#ears.get(address) ?? []), ear]);
        this.#allowances.set(address, new Allowance(SOURCE, clock));
      }
    }
    this.#tellDropped();
  }

  /** Never throws, whatever the bytes are. */
  hear(datagram: Buffer, from: RemoteInfo): void {
    const address = from.address.replace(/^::ffff:/i, "").replace(/%.*$/, "");
    const ears = this.#ears.get(address);
    if (ears === undefined) this.#drop("from no PDU of ours");
    else if (this.#all.take() && this.#allowances.get(address)?.take())
      this.#read(ears, datagram, { ...from, address });
    else this.#drop("too many");
  }

  #read(ears: readonly Ear[], datagram: Buffer, from: RemoteInfo): void {
    if (datagram.length > MAX_DATAGRAM || !isWhole(datagram)) {
      this.#drop("no SNMP");
      return;
    }
    // Of PDUs behind one address, with one community, nobody knows which it was: each is read again.
    let known = false;
    for (const ear of ears) {
      ear.heard = undefined;
      try {
        ear.socket.emit("message", Buffer.from(datagram), from);
      } catch {
        // The library at a packet that it does not understand: heard stays undefined.
      }
      const what = ear.heard === undefined ? undefined : trapIn(ear.heard, ear.source);
      if (what === undefined) continue;
      known = true;
      this.#tell({ is: "trap", pdu: ear.source.pdu, from: from.address, what });
    }
    if (!known) this.#drop("no trap, or of another community or user");
  }

  #ear(source: TrapSource): Ear {
    const socket = new EventEmitter();
    const ear: Ear = { source, socket, heard: undefined };
    const wire = this.#wire;
    // In place of a socket of the library's own. Answers to informs go out by ours.
    const dgramModule = {
      createSocket: () =>
        Object.assign(socket, {
          bind: () => undefined,
          close: () => undefined,
          send(bytes: Buffer, offset: number, length: number, port: number, address: string) {
            wire.send(bytes, offset, length, port, address, () => undefined);
          },
        }),
    };
    const options = { port: 1, includeAuthentication: true, dgramModule };
    const receiver = snmp.createReceiver(options, (error: unknown, heard: unknown) => {
      if (!error) ear.heard = Object(heard) as Heard;
    });
    const authorizer = receiver.getAuthorizer();
    for (const community of source.communities) authorizer.addCommunity(community);
    if (source.login.version === "3") authorizer.addUser(usmUser(source.login));
    return ear;
  }

  #drop(why: string): void {
    this.#dropped[why] = (this.#dropped[why] ?? 0) + 1;
  }

  #tellDropped(): void {
    this.#clock.after(TELL_DROPPED_EVERY, () => {
      const why = { ...this.#dropped };
      for (const reason of Object.keys(why)) delete this.#dropped[reason];
      if (Object.keys(why).length > 0) this.#tell({ is: "dropped", why });
      this.#tellDropped();
    });
  }
}

/** snmpTrapOID.0, RFC 3418. */
const TRAP_OID = "1.3.6.1.6.3.1.1.4.1.0";

/** What the trap says it is, where it is the PDU's; the library lets users without a name pass. */
function trapIn({ pdu }: Heard, { login, communities }: TrapSource): string | undefined {
  const { community, user, enterprise, varbinds } = Object(pdu) as Heard["pdu"];
  const known =
    (typeof community === "string" && communities.includes(community)) ||
    (login.version === "3" && user === login.user);
  if (!known) return undefined;
  const named = Array.isArray(varbinds)
    ? varbinds.find((one) => Object(one).oid === TRAP_OID)?.value
    : undefined;
  const what: unknown = named ?? enterprise;
  return typeof what === "string" && /^\d+(?:\.\d+)+$/.test(what) ? what.slice(0, 200) : undefined;
}

/** One SEQUENCE that is as long as it says (X.690, 8.1.3): the library takes part of one for the whole. */
function isWhole(datagram: Uint8Array): boolean {
  const [tag, first = 0] = datagram;
  if (tag !== SEQUENCE) return false;
  if (first < 0x80) return datagram.length === 2 + first;
  const octets = first & 0x7f;
  if (octets < 1 || octets > 4) return false;
  const length = datagram.subarray(2, 2 + octets).reduce((sum, octet) => sum * 256 + octet, 0);
  return datagram.length === 2 + octets + length;
}

/** So many at once, and so many a second. */
class Allowance {
  readonly #clock: Clock;
  readonly #burst: number;
  readonly #perSecond: number;
  #left: number;
  #at: Millis;

  constructor({ burst, perSecond }: typeof SOURCE, clock: Clock) {
    this.#clock = clock;
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#left = burst;
    this.#at = clock.monotonic();
  }

  take(): boolean {
    const now = this.#clock.monotonic();
    this.#left = Math.min(this.#burst, this.#left + ((now - this.#at) / 1000) * this.#perSecond);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
