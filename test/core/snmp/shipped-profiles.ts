import { readdir } from "node:fs/promises";
import type { SnmpProfile } from "../../../src/sdk/snmp-profile.ts";

const FOLDER = new URL("../../../drivers/power/snmp/", import.meta.url);

/** The SNMP profiles that ship, by name. */
export async function shippedProfiles(): Promise<ReadonlyMap<string, SnmpProfile>> {
  const profiles = new Map<string, SnmpProfile>();
  for (const file of (await readdir(FOLDER)).sort()) {
    const module: { default: SnmpProfile } = await import(new URL(file, FOLDER).href);
    profiles.set(file.replace(/\.ts$/, ""), module.default);
  }
  return profiles;
}
