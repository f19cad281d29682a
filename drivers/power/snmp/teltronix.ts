import { defineSnmpPdu, seconds } from "oob/sdk";

const OUTLET = "1.3.6.1.4.1.23620.1.2.2.1";

export default defineSnmpPdu({
  summary: "Teltronix IP power (23620)",
  sources: ["OpenStack ironic, SNMP power driver, class for Teltronix: the only source"],
  match: { sysObjectID: ["1.3.6.1.4.1.23620"], probe: [`${OUTLET}.4`], rank: 20 },
  index: ["outlet"],
  read: { oid: `${OUTLET}.4`, on: [2], off: [1] },
  // No cycle.
  write: { on: { oid: `${OUTLET}.4`, value: 2 }, off: { oid: `${OUTLET}.4`, value: 1 } },
  settle: seconds(15),
});
