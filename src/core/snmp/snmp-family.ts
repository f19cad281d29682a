import { OobError } from "../../lib/errors.ts";
import type { SnmpProfile, SnmpTarget } from "../../sdk/snmp-profile.ts";
import { cellText } from "./cell.ts";
import { addressOf } from "./snmp-errors.ts";
import type { SnmpSession } from "./snmp-session.ts";

// SNMPv2-MIB, system group.
const SYS_DESCR = "1.3.6.1.2.1.1.1.0";
const SYS_OBJECT_ID = "1.3.6.1.2.1.1.2.0";
const ENTERPRISES = "1.3.6.1.4.1";

/** A profile by its name. */
export interface Family {
  readonly name: string;
  readonly profile: SnmpProfile;
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
  const family = (await best(session, likely)) ?? (await best(session, rest));
  if (family) return family;
  const descr = cellText(system.get(SYS_DESCR)) ?? "";
  throw new OobError(
    "PDU_UNKNOWN",
    `Cannot use ${addressOf(target)}: no outlet table that we know answers there; it calls itself "${descr}" (${sysObjectID || "no sysObjectID"})`,
    { hint: `Families that were tried: ${candidates.map(({ name }) => name).join(", ")}` },
  );
}

/** Of those that answer, states before names, then the most specific. */
async function best(session: SnmpSession, candidates: readonly Family[]) {
  const probes = candidates.flatMap((family) =>
    family.profile.match.probe.map((oid, nth) => ({ family, oid, nth })),
  );
  const answers = await session.firstBelow(probes.map(({ oid }) => oid));
  return probes
    .filter((_, i) => answers[i] !== undefined)
    .sort((a, b) => a.nth - b.nth || b.family.profile.match.rank - a.family.profile.match.rank)
    .at(0)?.family;
}

function sameEnterprise(profile: SnmpProfile, sysObjectID: string): boolean {
  const enterprise = sysObjectID.split(".").slice(0, 7).join(".");
  if (!enterprise.startsWith(`${ENTERPRISES}.`)) return false;
  return [...profile.match.sysObjectID, ...profile.match.probe].some((oid) =>
    `${oid}.`.startsWith(`${enterprise}.`),
  );
}
