import { defineSnmpPdu, seconds } from "oob/sdk";

const EPDU = "1.3.6.1.4.1.318.1.1.30";
const OUTLET = `${EPDU}.6.1.1`;
const COMMAND = `${EPDU}.6.2.1.4`;

export default defineSnmpPdu({
  summary: "APC Easy PDU, switched (EPDU10xx, EPDU11xx)",
  sources: ["PowerNet-MIB ePDUOutletSwitchedStatusTable, ePDUOutletSwitchedControlTable"],
  match: { sysObjectID: ["1.3.6.1.4.1.318.1.3.4.9"], probe: [`${OUTLET}.4`], rank: 35 },
  // One row number counts through the chain; columns 2 and 3 hold unit and printed number. It has no names.
  index: ["row"],
  label: `${OUTLET}.3`,
  unit: `${OUTLET}.2`,
  // The status column says 1 off, 2 on; the command column of the same device 1 on, 2 off.
  read: { oid: `${OUTLET}.4`, on: [2], off: [1], notes: { "-1": "unknown to the device" } },
  // No cycle.
  write: { on: { oid: COMMAND, value: 1 }, off: { oid: COMMAND, value: 2 } },
  model: `${EPDU}.2.1.1.4`,
  serial: `${EPDU}.2.1.1.5`,
  totalWatts: [{ oid: `${EPDU}.2.1.1.7` }],
  lineAmps: { oid: `${EPDU}.4.2.1.5`, scale: 0.01 },
  settle: seconds(10),
});
