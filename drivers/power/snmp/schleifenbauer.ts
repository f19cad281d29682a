import { defineSnmpPdu, seconds } from "oob/sdk";

// Schleifenbauer, and Conteg's re-brand under its own enterprise.
const BUS = "1.3.6.1.4.1.*.12.1.1.2";
const OUTLET = `${BUS}.7.3.1`;

export default defineSnmpPdu({
  summary: "Schleifenbauer databus PDUs (hPDU, DPM27), and Conteg iPDU",
  sources: [
    "SCHLEIFENBAUER-DATABUS-MIB and CONTEG-DATABUS-MIB: outlet settings, measurements and actual states",
    "walks of names and meters of three units",
  ],
  match: {
    sysObjectID: ["1.3.6.1.4.1.31034.11", "1.3.6.1.4.1.28402.11"],
    probe: [`${OUTLET}.2`, `${BUS}.7.1.1.2`],
    rank: 20,
    arc: { known: [31034, 28402] },
  },
  // The unit's address on the bus can be changed; its serial number cannot.
  index: ["unit", "outlet"],
  name: `${BUS}.7.1.1.2`,
  read: { oid: `${OUTLET}.2`, on: [1], off: [0] },
  pending: { oid: `${OUTLET}.3`, values: [1] },
  // Without the unlock, which is good for 10 s, the command is accepted and ignored.
  write: {
    unlock: { oid: `${OUTLET}.4`, value: 1 },
    on: { oid: `${OUTLET}.2`, value: 1 },
    off: { oid: `${OUTLET}.2`, value: 0 },
    cycle: { oid: `${OUTLET}.6`, value: 1 },
  },
  serial: `${BUS}.1.1.1.6`,
  outletAmps: { oid: `${BUS}.7.2.1.5`, scale: 0.01 },
  outletWatts: { oid: `${BUS}.7.2.1.11` },
  totalWatts: [{ oid: `${BUS}.6.1.1.10` }],
  lineAmps: { oid: `${BUS}.6.1.1.5`, scale: 0.01 },
  settle: seconds(15),
});
