import { defineSnmpPdu, seconds } from "oob/sdk";

const PDU = "1.3.6.1.4.1.38446.1";
const OUTLET = `${PDU}.5.4.1`;
const METER = `${PDU}.5.9.1`;
const COMMAND = `${PDU}.5.5.1.4`;

export default defineSnmpPdu({
  summary: "Enlogic (nVent) EN2.0, EN5 and EN6",
  sources: ["ENLOGIC-PDU-MIB and ENLOGIC-PDU2-MIB outlet switched tables", "a walk of totals"],
  match: { sysObjectID: [PDU], probe: [`${OUTLET}.4`], rank: 20 },
  index: ["pdu", "outlet"],
  // APC's cPDU, which Enlogic builds, has rows behind the last outlet.
  padding: { count: `${PDU}.2.3.1.4`, states: [0] },
  name: `${OUTLET}.3`,
  // The state has 0 and 1, the command 1 and 2.
  read: { oid: `${OUTLET}.4`, on: [1], off: [0] },
  write: {
    on: { oid: COMMAND, value: 2 },
    off: { oid: COMMAND, value: 1 },
    cycle: { oid: COMMAND, value: 5 },
  },
  delays: { cycle: `${PDU}.5.2.1.6`, unitMs: seconds(1) },
  outletAmps: { oid: `${METER}.5`, scale: 0.01 },
  outletWatts: { oid: `${METER}.6` },
  // No serial number: of the name plate, column 11 is that in ENLOGIC-PDU-MIB and the part number in ENLOGIC-PDU2-MIB,
  // column 12 the date of manufacture and the serial number; nothing says which of the two a unit follows.
  totalWatts: [{ oid: `${PDU}.2.4.1.4` }],
  settle: seconds(10),
});
