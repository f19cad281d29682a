import { defineSnmpPdu, seconds } from "oob/sdk";

const CPDU = "1.3.6.1.4.1.318.1.1.32";
const OUTLET = `${CPDU}.5.4.1`;
const METER = `${CPDU}.5.9.1`;
const COMMAND = `${CPDU}.5.5.1.4`;

export default defineSnmpPdu({
  summary: "APC cPDU (built by Enlogic)",
  sources: ["PowerNet-MIB, the cPDU's own edition: cPDUOutletSwitchedStatusTable", "a walk of one"],
  match: { sysObjectID: [CPDU], probe: [`${OUTLET}.4`], rank: 35 },
  index: ["pdu", "outlet"],
  // The table has 64 rows; those behind the last outlet are blank and read off.
  padding: { count: `${CPDU}.5.1.0`, states: [0] },
  name: `${OUTLET}.3`,
  // The state has 0 and 1, the command 1 and 2.
  read: { oid: `${OUTLET}.4`, on: [1], off: [0] },
  write: {
    on: { oid: COMMAND, value: 2 },
    off: { oid: COMMAND, value: 1 },
    cycle: { oid: COMMAND, value: 5 },
  },
  delays: { cycle: `${CPDU}.5.2.1.6`, unitMs: seconds(1) },
  // cPDU name plate: model, serial number, firmware; the first unit's.
  model: `${CPDU}.1.2.1.11`,
  serial: `${CPDU}.1.2.1.12`,
  firmware: `${CPDU}.1.2.1.14`,
  outletAmps: { oid: `${METER}.5`, scale: 0.01 },
  outletWatts: { oid: `${METER}.6` },
  totalWatts: [{ oid: `${CPDU}.2.4.1.4` }],
  settle: seconds(10),
});
