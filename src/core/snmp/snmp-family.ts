import { OobError } from "../../lib/errors.ts";
import type { SnmpProfile, SnmpTarget } from "../../sdk/snmp-profile.ts";
import { bindArc } from "./bind-arc.ts";
import { cellText } from "./cell.ts";
import { addressOf } from "./snmp-errors.ts";
import type { SnmpSession } from "./snmp-session.ts";
import { meterProbesOf, probesOf } from "./snmp-tables.ts";

// SNMPv2-MIB, system group.
export const SYS_DESCR = "1.3.6.1.2.1.1.1.0";
export const SYS_OBJECT_ID = "1.3.6.1.2.1.1.2.0";
const ENTERPRISES = "1.3.6.1.4.1";

/** A profile by its name. */
interface Named {
  readonly name: string;
  readonly profile: SnmpProfile;
}

/** The family of a device. */
export interface Family extends Named {
  /** false: only its meters answer. */
  readonly hasOutlets: boolean;
}

/**
 * Finds the family of a device. sysObjectID only says whom to ask first (recorded units report the bare enterprise,
 * another vendor's, or nothing); the family is the one whose outlet table answers.
 */
export async function findFamily(
  session: SnmpSession,
  profiles: ReadonlyMap<string, SnmpProfile>,
  target: SnmpTarget,
): Promise<Family> {
  const system = await session.get([SYS_OBJECT_ID, SYS_DESCR]);
  const sysObjectID = (cellText(system.get(SYS_OBJECT_ID)) ?? "").replace(/^\./, "");
  const all = [...profiles].map(([name, profile]) => ({ name, profile }));
  const wanted = target.profile;
  const candidates = wanted === undefined ? all : all.filter(({ name }) => name === wanted);
  if (candidates.length === 0)
    throw new OobError(
      "PDU_UNKNOWN",
      `Cannot use ${addressOf(target)}: there is no profile "${wanted ?? ""}"`,
      { hint: `Profiles: ${all.map(({ name }) => name).join(", ")}` },
    );
  const likely = candidates.filter(({ profile }) => sameEnterprise(profile, sysObjectID));
  const rest = candidates.filter((one) => !likely.includes(one));
  for (const probes of [probesOf, meterProbesOf])
    for (const some of [likely, rest]) {
      const family = await best(session, some, probes);
      if (family) return { ...family, hasOutlets: probes === probesOf };
    }
  const descr = cellText(system.get(SYS_DESCR)) ?? "";
  throw new OobError(
    "PDU_UNKNOWN",
    `Cannot use ${addressOf(target)}: no outlet table that we know answers there; it calls itself "${descr}" (${sysObjectID || "no sysObjectID"})`,
    {
      hint: `${candidates.length} families were tried; docs/guides/power.md lists them. oob pdu capture makes a recording of it to send us`,
    },
  );
}

/** Of those that answer, states before names, then the most specific. */
async function best(
  session: SnmpSession,
  candidates: readonly Named[],
  probesIn: (profile: SnmpProfile) => readonly string[],
): Promise<Named | undefined> {
  const families = await withArcs(session, candidates);
  const probes = families.flatMap((family) =>
    probesIn(family.profile).map((oid, nth) => ({ family, oid, nth })),
  );
  const answers = await session.firstBelow(probes.map(({ oid }) => oid));
  return probes
    .filter((_, i) => answers[i] !== undefined)
    .sort((a, b) => a.nth - b.nth || b.family.profile.match.rank - a.family.profile.match.rank)
    .at(0)?.family;
}

/** Families whose OIDs differ from model to model, with the number that this device has. */
async function withArcs(session: SnmpSession, families: readonly Named[]): Promise<Named[]> {
  const all: Named[] = [];
  for (const { name, profile } of families) {
    const { arc } = profile.match;
    const arcs =
      arc === undefined ? [] : "known" in arc ? arc.known : await arcsBelow(session, arc.below);
    if (arc === undefined) all.push({ name, profile });
    for (const one of arcs) all.push({ name, profile: bindArc(profile, String(one)) });
  }
  return all;
}

/** The first number below an OID in the device's tree. */
async function arcsBelow(session: SnmpSession, oid: string): Promise<string[]> {
  const [first] = await session.firstBelow([oid]);
  const arc = first?.oid.slice(oid.length + 1).split(".")[0];
  return arc === undefined ? [] : [arc];
}

function sameEnterprise(profile: SnmpProfile, sysObjectID: string): boolean {
  const enterprise = sysObjectID.split(".").slice(0, 7).join(".");
  if (!enterprise.startsWith(`${ENTERPRISES}.`)) return false;
  return [...profile.match.sysObjectID, ...profile.match.probe].some((oid) =>
    `${oid}.`.startsWith(`${enterprise}.`),
  );
}
