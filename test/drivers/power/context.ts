import { powerContext } from "../../../src/core/power/power-context.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import type { PowerContext } from "../../../src/sdk/power.ts";
import { shippedProfiles } from "../../core/snmp/shipped-profiles.ts";

/** A context with the shipped profiles and these secrets. */
export function contextWith(secrets: Readonly<Record<string, string>> = {}): PowerContext {
  return powerContext({
    clock: systemClock,
    secret: (ref) => Promise.resolve(secrets[ref.secret] ?? ""),
    signal: new AbortController().signal,
    profiles: async <Profile>() =>
      (await shippedProfiles()) as unknown as ReadonlyMap<string, Profile>,
  });
}
