import type { PowerContext } from "../../sdk/power.ts";
import type { SnmpProfile } from "../../sdk/snmp-profile.ts";
import type { Proofs } from "../snmp/map-claim.ts";

/** What a power driver is given: the parts that the caller has, and SNMP, whose library is loaded at first use. */
export function powerContext(parts: Omit<PowerContext, "snmp">, proofs?: Proofs): PowerContext {
  return {
    ...parts,
    async snmp(target) {
      const [{ openSnmpPdu }, profiles] = await Promise.all([
        import("../snmp/snmp-pdu.ts"),
        parts.profiles<SnmpProfile>("snmp"),
      ]);
      return openSnmpPdu(target, profiles, parts.clock, undefined, proofs);
    },
  };
}
