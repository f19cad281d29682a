import { formatRecorded } from "../../codec/snmprec.ts";
import type { Clock } from "../../lib/clock.ts";
import { OobError } from "../../lib/errors.ts";
import type { SnmpLogin, SnmpProfile, SnmpTarget } from "../../sdk/snmp-profile.ts";
import { type Family, findFamily } from "../snmp/snmp-family.ts";
import { SnmpSession } from "../snmp/snmp-session.ts";
import { type OnProgress, walkForCapture } from "./capture-walk.ts";
import { scrubRecording } from "./scrub-recording.ts";
import type { Kind } from "./scrub-replacements.ts";

/** A recording of a device that may be given away. */
export interface CapturedPdu {
  readonly text: string;
  readonly objects: number;
  /** Absent where none of ours answers. */
  readonly family?: string;
  /** Why it is not the whole device. */
  readonly cut?: string;
  /** How many different values of each kind were replaced. */
  readonly replaced: Readonly<Partial<Record<Kind, number>>>;
}

/** What a capture needs. */
export interface CaptureWorld {
  readonly profiles: ReadonlyMap<string, SnmpProfile>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onProgress?: OnProgress;
}

/** Walks a device and takes out of the recording what is secret or personal. Only reads. */
export async function capturePdu(target: SnmpTarget, world: CaptureWorld): Promise<CapturedPdu> {
  const { profiles, clock, signal, onProgress } = world;
  const family = await familyOf(target, profiles, clock);
  const { objects, cut } = await walkForCapture(target, clock, signal, onProgress);
  const clean = scrubRecording(objects, {
    ...(family && { profile: family.profile }),
    credentials: credentialsOf(target.login),
    host: target.host,
  });
  return {
    text: clean.objects.map((object) => `${formatRecorded(object)}\n`).join(""),
    objects: clean.objects.length,
    ...(family && { family: family.name }),
    ...(cut !== undefined && { cut }),
    replaced: clean.replaced,
  };
}

async function familyOf(
  target: SnmpTarget,
  profiles: ReadonlyMap<string, SnmpProfile>,
  clock: Clock,
): Promise<Family | undefined> {
  const session = new SnmpSession(target, clock);
  try {
    return await findFamily(session, profiles, target);
  } catch (thrown) {
    if (thrown instanceof OobError && thrown.code === "PDU_UNKNOWN") return undefined;
    throw thrown;
  } finally {
    session.close();
  }
}

function credentialsOf(login: SnmpLogin): string[] {
  if (login.version !== "3") return [login.community, login.writeCommunity ?? ""];
  return [login.user, login.auth?.secret ?? "", login.priv?.secret ?? ""];
}
