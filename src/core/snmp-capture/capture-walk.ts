/**
 * A device's tree as it is, for a recording. It is read with GETNEXT or GETBULK alone, one request at a time, and
 * within bounds: small agents take minutes for a tree of some thousand objects, and some go round in circles.
 */
import snmp from "net-snmp";
import { formatRecorded, MAX_RECORDED_OBJECTS, type RecordedObject } from "../../codec/snmprec.ts";
import type { Clock, Millis } from "../../lib/clock.ts";
import { formatDuration, minutes } from "../../lib/durations.ts";
import type { SnmpTarget } from "../../sdk/snmp-profile.ts";
import { readError, timedOut } from "../snmp/snmp-errors.ts";
import { compareOids, once, openSession } from "../snmp/snmp-wire.ts";

/** Subtrees of a recording: what the device says of itself, what its maker has, and the standards about power. */
const SUBTREES = [
  { oid: "1.3.6.1.2.1.1", name: "system" },
  { oid: "1.3.6.1.2.1.33", name: "UPS-MIB" },
  { oid: "1.3.6.1.2.1.47", name: "ENTITY-MIB" },
  { oid: "1.3.6.1.2.1.99", name: "ENTITY-SENSOR-MIB" },
  { oid: "1.3.6.1.2.1.105", name: "POWER-ETHERNET-MIB" },
  { oid: "1.3.6.1.4.1", name: "enterprises" },
] as const;

const REPETITIONS = 24;
const WITHIN: Millis = minutes(10);
const MAX_BYTES = 16 * 1024 * 1024;
/** Types that a recording can hold. */
const RECORDED = new Set([2, 4, 5, 6, 64, 65, 66, 67, 68, 70]);

/** What a walk brought. */
export interface Walked {
  readonly objects: readonly RecordedObject[];
  /** Why it is not the whole tree. */
  readonly cut?: string;
}

/** Tells how far it is. */
export type OnProgress = (subtree: string, objects: number) => void;

/** Walks all subtrees. Throws PDU_SILENT where nothing answers at all. */
export async function walkForCapture(
  target: SnmpTarget,
  clock: Clock,
  signal: AbortSignal,
  onProgress: OnProgress = () => {},
): Promise<Walked> {
  const walker = new Walker(target, clock, signal);
  try {
    for (const { oid, name } of SUBTREES) {
      onProgress(name, walker.objects.length);
      await walker.walk(oid, (count) => onProgress(name, count));
      if (walker.cut !== undefined) break;
    }
  } catch (error) {
    const seen = readError(error, target);
    if (walker.objects.length === 0) throw seen;
    walker.cut ??= seen.message;
  } finally {
    walker.close();
  }
  const { objects, cut } = walker;
  return { objects, ...(cut !== undefined && { cut }) };
}

class Walker {
  readonly objects: RecordedObject[] = [];
  cut: string | undefined;
  readonly #session: snmp.Session;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #deadline: Millis;
  readonly #tries: number;
  #bulk: boolean;
  #bytes = 0;

  constructor(target: SnmpTarget, clock: Clock, signal: AbortSignal) {
    this.#session = openSession(target, target.timeout);
    this.#clock = clock;
    this.#signal = signal;
    this.#deadline = clock.monotonic() + WITHIN;
    this.#tries = target.tries;
    this.#bulk = target.login.version !== "1";
  }

  async walk(root: string, onCount: (count: number) => void): Promise<void> {
    let cursor = root;
    for (;;) {
      this.#signal.throwIfAborted();
      const before = cursor;
      for (const found of await this.#next(cursor)) {
        if (!found.oid.startsWith(`${root}.`) || found.type > 0x7f) return;
        if (compareOids(found.oid, cursor) <= 0) {
          this.cut = `the tree goes backwards after ${cursor}`;
          return;
        }
        cursor = found.oid;
        this.#keep(found);
      }
      onCount(this.objects.length);
      this.cut ??= this.#bound();
      if (cursor === before || this.cut !== undefined) return;
    }
  }

  close(): void {
    this.#session.close();
  }

  #keep({ oid, type, value }: Raw): void {
    const recorded = recordedValue(type, value);
    if (recorded === undefined) return;
    const object = { oid, type, value: recorded };
    this.#bytes += formatRecorded(object).length + 1;
    this.objects.push(object);
  }

  #bound(): string | undefined {
    if (this.objects.length >= MAX_RECORDED_OBJECTS)
      return `it has more than ${MAX_RECORDED_OBJECTS} objects`;
    if (this.#bytes > MAX_BYTES) return `it is larger than ${MAX_BYTES / 1024 / 1024} MiB`;
    if (this.#clock.monotonic() > this.#deadline)
      return `it takes longer than ${formatDuration(WITHIN)}`;
    return undefined;
  }

  async #next(cursor: string): Promise<Raw[]> {
    if (this.#bulk) {
      try {
        const rows = await this.#tried<(snmp.Varbind | snmp.Varbind[])[]>((done) =>
          this.#session.getBulk([cursor], 0, REPETITIONS, done),
        );
        return rows.flat().map(rawOf);
      } catch (error) {
        if (timedOut(error)) throw error;
        this.#bulk = false;
      }
    }
    try {
      const next = await this.#tried<snmp.Varbind[]>((done) =>
        this.#session.getNext([cursor], done),
      );
      return next.map(rawOf);
    } catch (error) {
      // noSuchName is how version 1 says that the tree ends here.
      if ((error as { readonly name?: string }).name === "RequestFailedError") return [];
      throw error;
    }
  }

  async #tried<T>(send: Parameters<typeof once<T>>[0]): Promise<T | []> {
    for (let left = this.#tries; ; left--) {
      try {
        return await once(send);
      } catch (error) {
        if (left <= 1 || !timedOut(error)) throw error;
      }
    }
  }
}

interface Raw {
  readonly oid: string;
  readonly type: number;
  readonly value: unknown;
}

const rawOf = ({ oid, type, value }: snmp.Varbind): Raw => ({ oid, type: type ?? 5, value });

/** The value as a recording holds it; undefined: it cannot. */
function recordedValue(type: number, value: unknown): RecordedObject["value"] | undefined {
  if (!RECORDED.has(type)) return undefined;
  if (type === snmp.ObjectType.Null) return "";
  if (type === snmp.ObjectType.Counter64 && value instanceof Uint8Array)
    return value.reduce((sum, octet) => sum * 256n + BigInt(octet), 0n).toString();
  if (value instanceof Uint8Array || typeof value === "number") return value;
  return typeof value === "string" ? value : undefined;
}
