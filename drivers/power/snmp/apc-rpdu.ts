import { defineSnmpPdu, seconds } from "oob/sdk";

const OUTLET = "1.3.6.1.4.1.318.1.1.12.3.5.1.1";
const LOAD = "1.3.6.1.4.1.318.1.1.12.2.3.1.1";

export default defineSnmpPdu({
  summary: "APC switched rack PDUs, first generation (AP79xx)",
  sources: [
    "PowerNet-MIB rPDUOutletStatusTable, rPDUOutletControlTable, rPDULoadStatusTable",
    "walks of AP7902B, AP8641 and AP8932",
  ],
  match: {
    sysObjectID: ["1.3.6.1.4.1.318.1.3.4.5", "1.3.6.1.4.1.318.1.3.4.8"],
    probe: [`${OUTLET}.4`],
    // Newer units answer these tables too: the second generation's go first.
    rank: 20,
  },
  index: ["outlet"],
  name: `${OUTLET}.2`,
  read: { oid: `${OUTLET}.4`, on: [1], off: [2] },
  pending: { oid: `${OUTLET}.5`, values: [1] },
  write: {
    on: { oid: "1.3.6.1.4.1.318.1.1.12.3.3.1.1.4", value: 1 },
    off: { oid: "1.3.6.1.4.1.318.1.1.12.3.3.1.1.4", value: 2 },
    cycle: { oid: "1.3.6.1.4.1.318.1.1.12.3.3.1.1.4", value: 3 },
  },
  cyclesAlone: true,
  delays: { cycle: "1.3.6.1.4.1.318.1.1.12.3.4.1.1.6", unitMs: seconds(1) },
  model: "1.3.6.1.4.1.318.1.1.12.1.5.0",
  serial: "1.3.6.1.4.1.318.1.1.12.1.6.0",
  firmware: "1.3.6.1.4.1.318.1.1.12.1.3.0",
  outletAmps: { oid: `${OUTLET}.7`, scale: 0.1 },
  totalWatts: [{ oid: "1.3.6.1.4.1.318.1.1.12.1.16.0" }],
  // Rows of phases first, then those of banks: a phase's row has bank 0.
  lineAmps: {
    oid: `${LOAD}.2`,
    scale: 0.1,
    names: `${LOAD}.4`,
    where: { oid: `${LOAD}.5`, is: [0] },
  },
  bankAmps: {
    oid: `${LOAD}.2`,
    scale: 0.1,
    names: `${LOAD}.5`,
    where: { oid: `${LOAD}.5`, is: [1, 2, 3, 4, 5, 6] },
  },
  // rPDUIdentDeviceRating, A.
  ratedAmps: { oid: "1.3.6.1.4.1.318.1.1.12.1.7.0" },
  settle: seconds(10),
});
