import { defineSnmpPdu, seconds } from "oob/sdk";

const PDU = "1.3.6.1.4.1.232.165.11";
const OUTLET = `${PDU}.5.1.1`;
const CONTROL = `${PDU}.5.2.1`;

export default defineSnmpPdu({
  summary: "HPE G2 Advanced rack PDU (232.165.11: P9S18A and other switched models)",
  sources: [
    "CPQPOWER-MIB pdu3OutletControlTable, pdu3OutletTable",
    "a walk of a unit with 24 outlets",
  ],
  match: { sysObjectID: [PDU], probe: [`${CONTROL}.1`], rank: 20 },
  index: ["pdu", "outlet"],
  // 48 rows always; those behind the last outlet have state 0 and names of NULs.
  padding: { count: `${PDU}.1.2.1.13`, states: [0] },
  name: `${OUTLET}.2`,
  read: {
    oid: `${CONTROL}.1`,
    on: [2],
    off: [1],
    pending: [3, 4],
    absent: [0],
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
  model: `${PDU}.1.2.1.7`,
  serial: `${PDU}.1.2.1.8`,
  firmware: `${PDU}.1.2.1.5`,
  outletAmps: { oid: `${OUTLET}.5`, scale: 0.01 },
  outletWatts: { oid: `${OUTLET}.13` },
  // The MIB says milliwatts; what the unit reads fits watts.
  totalWatts: [{ oid: `${PDU}.2.1.1.5` }],
  settle: seconds(15),
});
