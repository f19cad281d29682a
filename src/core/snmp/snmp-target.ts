import type { DeviceEntry } from "../../config/site-config.ts";
import { OobError } from "../../lib/errors.ts";
import type { PowerContext, PowerDriver } from "../../sdk/power.ts";
import type { SnmpTarget } from "../../sdk/snmp-profile.ts";

/**
 * Where and as whom a driver would speak SNMP, for those that ask an agent something else than its outlets. The driver
 * reads its options and fetches its secrets; what it opens is opened by nobody. Throws LINK_UNSUPPORTED.
 */
export function snmpTargetOf(
  { driver: name, options }: DeviceEntry,
  driver: PowerDriver,
  context: Omit<PowerContext, "snmp">,
): Promise<SnmpTarget> {
  return new Promise((resolve, reject) => {
    const snmp: PowerContext["snmp"] = (target) => {
      resolve(target);
      return new Promise(() => {});
    };
    driver
      .open(options, { ...context, snmp })
      .then(async (pdu) => {
        await pdu.close();
        throw new OobError(
          "LINK_UNSUPPORTED",
          `Cannot ask this PDU over SNMP: its driver "${name}" speaks something else`,
        );
      })
      .catch(reject);
  });
}
