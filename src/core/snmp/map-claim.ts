import type { MapClaim, OutletCommand } from "../../sdk/power.ts";
import type { SnmpProfile, Write } from "../../sdk/snmp-profile.ts";
import type { Family } from "./snmp-family.ts";
import type { Facts } from "./snmp-identity.ts";

/** Whether a person has proven it. */
export type Proofs = (claim: MapClaim) => boolean;

/** What a proof by an outlet of this device would hold for. */
export function claimOf(
  { name, profile }: Family,
  { model = "", serial, firmware = "" }: Facts,
  address: string,
  instance: string,
): MapClaim {
  const { on, off } = profile.unproven ?? {};
  return {
    family: name,
    device: serial === undefined ? `at ${address}` : `serial ${serial}`,
    model,
    firmware,
    table: instance.split(".").slice(0, -1).join("."),
    writes: [on, off].map((write) => write && `${write.oid}=${write.value}`).join(" "),
  };
}

/** What the family writes for a command. */
export function writeOf({ write }: SnmpProfile, command: OutletCommand): Write | undefined {
  return command === "on" || command === "off" || command === "cycle"
    ? write?.[command]
    : undefined;
}
