import type { Clock, Millis } from "../../lib/clock.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import type { PduReading } from "../../sdk/power.ts";
import type { SnmpProfile, SnmpTarget } from "../../sdk/snmp-profile.ts";
import { cellText } from "./cell.ts";
import { SYS_DESCR, SYS_OBJECT_ID } from "./snmp-family.ts";
import { openSnmpPdu } from "./snmp-pdu.ts";
import { SnmpSession } from "./snmp-session.ts";

/** Devices asked at the same time, each by one request at a time. */
const AT_ONCE = 64;
/** The first question: most addresses of a network have nothing that answers. */
const KNOCK: Pick<SnmpTarget, "timeout" | "tries"> = { timeout: 1000, tries: 2 };
/** Longest time for one device that answers. */
const WITHIN: Millis = 60_000;

/** What was found at one address. */
export type Scanned = { readonly host: string; readonly port: number } & (
  | {
      readonly answer: "pdu";
      readonly family: string;
      readonly model?: string;
      readonly firmware?: string;
      readonly serial?: string;
      readonly mark?: string;
      readonly outlets: number;
      /** Why its outlets are not switched. */
      readonly readOnly?: string;
    }
  /** It speaks SNMP and is none of our families. */
  | { readonly answer: "other"; readonly sysObjectID?: string; readonly sysDescr?: string }
  /** Nothing came back, which a wrong community looks like, too. */
  | { readonly answer: "none"; readonly why: string }
  | {
      readonly answer: "error";
      readonly error: { readonly code: string; readonly message: string; readonly hint?: string };
    }
);

/** What a scan needs, besides its targets. */
export interface ScanWorld {
  readonly profiles: ReadonlyMap<string, SnmpProfile>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** One was looked at. */
  readonly onFound?: (found: Scanned, done: number) => void;
}

/** Asks many devices who they are. Never throws for one of them; the answers are in the order of the targets. */
export async function scanPdus(
  targets: readonly SnmpTarget[],
  world: ScanWorld,
): Promise<Scanned[]> {
  const found: Scanned[] = [];
  let next = 0;
  let done = 0;
  const work = async () => {
    for (let at = next++; at < targets.length; at = next++) {
      const target = targets[at];
      if (target === undefined || world.signal.aborted) return;
      const one = await scanOne(target, world);
      found[at] = one;
      world.onFound?.(one, ++done);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, targets.length) }, work));
  world.signal.throwIfAborted();
  return found;
}

async function scanOne(target: SnmpTarget, { profiles, clock }: ScanWorld): Promise<Scanned> {
  const { host, port } = target;
  const enough = new AbortController();
  const late = clock.sleep(WITHIN, enough.signal).then(() => {
    throw new OobError("TIMED_OUT", `Cannot read ${host}:${port}: it took too long`);
  });
  try {
    return { host, port, ...(await Promise.race([late, look(target, profiles, clock)])) };
  } catch (thrown) {
    const { code, hint } = thrown instanceof OobError ? thrown : { code: "INTERNAL" };
    const error = { code, message: messageOf(thrown), ...(hint !== undefined && { hint }) };
    return { host, port, answer: "error", error };
  } finally {
    late.catch(() => undefined);
    enough.abort();
  }
}

/** What `Scanned` says, but for the place. */
type Looked = Scanned extends infer One
  ? One extends unknown
    ? Omit<One, "host" | "port">
    : never
  : never;

async function look(
  target: SnmpTarget,
  profiles: ReadonlyMap<string, SnmpProfile>,
  clock: Clock,
): Promise<Looked> {
  const knocked = await knock(target, clock);
  if ("why" in knocked) return { answer: "none", ...knocked };
  try {
    const pdu = await openSnmpPdu(target, profiles, clock);
    try {
      return { answer: "pdu", ...summary(await pdu.read()) };
    } finally {
      await pdu.close();
    }
  } catch (thrown) {
    if (thrown instanceof OobError && thrown.code === "PDU_UNKNOWN")
      return { answer: "other", ...knocked };
    throw thrown;
  }
}

/** What the device says of itself, or why nothing came back. */
async function knock(
  target: SnmpTarget,
  clock: Clock,
): Promise<{ sysObjectID?: string; sysDescr?: string } | { why: string }> {
  const session = new SnmpSession({ ...target, ...KNOCK }, clock);
  try {
    const system = await session.get([SYS_OBJECT_ID, SYS_DESCR]);
    const [sysObjectID, sysDescr] = [SYS_OBJECT_ID, SYS_DESCR].map((oid) =>
      cellText(system.get(oid)),
    );
    return { ...(sysObjectID && { sysObjectID }), ...(sysDescr && { sysDescr }) };
  } catch (thrown) {
    if (!(thrown instanceof OobError && thrown.code === "PDU_SILENT")) throw thrown;
    return { why: thrown.message.replace(/^.*?: /, "") };
  } finally {
    session.close();
  }
}

function summary({ family, model, firmware, serial, mark, outlets }: PduReading) {
  const refused = outlets.map(({ refuses }) => refuses).filter((one) => one !== undefined);
  const readOnly = refused.length === outlets.length ? refused[0] : undefined;
  return {
    family,
    ...(model !== undefined && { model }),
    ...(firmware !== undefined && { firmware }),
    ...(serial !== undefined && { serial }),
    ...(mark !== undefined && { mark }),
    outlets: outlets.length,
    ...(readOnly !== undefined && { readOnly }),
  };
}
