import { defineSnmpPdu, seconds } from "oob/sdk";

const IBOOT = "1.3.6.1.4.1.1418.6";
const OUTLET = `${IBOOT}.5.1`;

export default defineSnmpPdu({
  summary: "Dataprobe iBoot-PDU (iBoot-PDU4, iBoot-PDU8)",
  sources: ["IBOOTPDU-MIB outletTable", "walk of an iBoot-PDU8-2N15"],
  // It reports net-snmp's own id for Linux.
  match: { sysObjectID: [IBOOT], probe: [`${OUTLET}.7`], rank: 20 },
  // Instances start at 0; column 1 has the printed number.
  index: ["outlet"],
  name: `${OUTLET}.2`,
  label: `${OUTLET}.1`,
  // Two states: column 7 is the physical one, column 6 what is going on.
  read: { oid: `${OUTLET}.7`, on: [1], off: [0] },
  pending: { oid: `${OUTLET}.6`, values: [2, 3, 4] },
  write: {
    on: { oid: `${OUTLET}.5`, value: 1 },
    off: { oid: `${OUTLET}.5`, value: 0 },
    cycle: { oid: `${OUTLET}.5`, value: 2 },
  },
  delays: { cycle: `${OUTLET}.4`, unitMs: seconds(1) },
  model: `${IBOOT}.1.4.0`,
  firmware: `${IBOOT}.1.1.0`,
  settle: seconds(10),
});
