import { defineSnmpPdu, seconds } from "oob/sdk";

const RPDU = "1.3.6.1.4.1.674.10903.200.2.200";
const OUTLET = `${RPDU}.130.1.2.1`;
const COMMAND = `${RPDU}.130.1.4.1.4`;

export default defineSnmpPdu({
  summary: "Dell metered and managed rack PDU (built by APC)",
  sources: [
    "DellrPDU-MIB rPDUOutletSwitchedStatusTable, rPDUOutletSwitchedControlTable, rPDUDeviceStatusTable",
    "a walk of a metered unit",
  ],
  match: { sysObjectID: ["1.3.6.1.4.1.674.10903.200"], probe: [`${OUTLET}.4`], rank: 20 },
  // APC's hardware with a tree, columns and numbers of its own.
  index: ["row"],
  name: `${OUTLET}.3`,
  read: { oid: `${OUTLET}.4`, on: [1], off: [2], notes: { "3": "unknown to the device" } },
  pending: { oid: `${OUTLET}.5`, values: [1] },
  write: {
    on: { oid: COMMAND, value: 1 },
    off: { oid: COMMAND, value: 2 },
    cycle: { oid: COMMAND, value: 3 },
  },
  delays: { cycle: `${RPDU}.130.1.3.1.6`, unitMs: seconds(1) },
  model: `${RPDU}.100.2.1.7`,
  serial: `${RPDU}.100.2.1.8`,
  totalWatts: [{ oid: `${RPDU}.110.2.1.3`, scale: 10 }],
  lineAmps: { oid: `${RPDU}.120.2.1.4`, scale: 0.1 },
  settle: seconds(10),
});
