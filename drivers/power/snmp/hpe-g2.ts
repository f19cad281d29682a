import { defineSnmpPdu, seconds } from "oob/sdk";

const PDU = "1.3.6.1.4.1.232.165.7";
const METER = `${PDU}.5.1.1`;
const CONTROL = `${PDU}.5.2.1`;

export default defineSnmpPdu({
  summary: "HPE metered and switched rack PDU (232.165.7, from 2015)",
  sources: [
    "CPQPOWER-MIB pdu2OutletControlTable, pdu2OutletMeteredTable",
    "walk of a 3.6 kVA unit",
  ],
  match: { sysObjectID: [PDU], probe: [`${CONTROL}.1`, `${METER}.2`], rank: 20 },
  // The first number is 0 for a single unit.
  index: ["strap", "outlet"],
  name: `${METER}.2`,
  // Eaton's layout with other numbers: 1 off, 2 on, and the columns one lower.
  read: {
    oid: `${CONTROL}.1`,
    on: [2],
    off: [1],
    pending: [3, 4],
    notes: { "3": "going off", "4": "going on" },
  },
  switchable: { oid: `${CONTROL}.8`, yes: [1] },
  // A column each; what is written is the number of seconds to wait.
  write: {
    on: { oid: `${CONTROL}.3`, value: 0 },
    off: { oid: `${CONTROL}.2`, value: 0 },
    cycle: { oid: `${CONTROL}.4`, value: 0 },
  },
  delays: { cycle: `${CONTROL}.7`, unitMs: seconds(1) },
  model: "1.3.6.1.4.1.232.165.1.2.2.0",
  serial: "1.3.6.1.4.1.232.165.1.2.7.0",
  firmware: "1.3.6.1.4.1.232.165.1.2.3.0",
  outletAmps: { oid: `${METER}.5`, scale: 0.001 },
  outletWatts: { oid: `${METER}.14` },
  // pdu2OutletWh.
  outletKwh: { oid: `${METER}.15`, scale: 0.001 },
  totalWatts: [{ oid: `${PDU}.2.1.1.5` }],
  settle: seconds(15),
});
