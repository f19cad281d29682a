import { defineSnmpPdu, seconds } from "oob/sdk";

const EPDU = "1.3.6.1.4.1.3808.1.1.3";
const OUTLET = `${EPDU}.3.5.1.1`;
const LOAD = `${EPDU}.2.3.1.1`;
const COMMAND = `${EPDU}.3.3.1.1.4`;

export default defineSnmpPdu({
  summary: "CyberPower switched PDUs (PDU15SW, PDU20SW, PDU41xxx, PDU44xxx, PDU81xxx)",
  sources: [
    "CPS-MIB ePDUOutletStatusTable, ePDUOutletControlTable, ePDULoadStatusTable",
    "a walk of a switched unit",
  ],
  match: {
    sysObjectID: [EPDU, "1.3.6.1.4.1.3808.1.1.6"],
    probe: [`${OUTLET}.4`],
    // Newer units answer the ePDU2 tables too: those go first.
    rank: 20,
  },
  index: ["outlet"],
  name: `${OUTLET}.2`,
  read: { oid: `${OUTLET}.4`, on: [1], off: [2] },
  pending: { oid: `${OUTLET}.5`, values: [1] },
  // 8 blinks a lamp.
  write: {
    on: { oid: COMMAND, value: 1 },
    off: { oid: COMMAND, value: 2 },
    cycle: { oid: COMMAND, value: 3 },
  },
  cyclesAlone: true,
  delays: { cycle: `${EPDU}.3.4.1.1.6`, unitMs: seconds(1) },
  model: `${EPDU}.1.5.0`,
  serial: `${EPDU}.1.6.0`,
  firmware: `${EPDU}.1.3.0`,
  outletAmps: { oid: `${OUTLET}.7`, scale: 0.1 },
  outletWatts: { oid: `${OUTLET}.8` },
  // Rows of phases first, then those of banks: a phase's row has bank 0.
  totalWatts: [{ oid: `${LOAD}.7`, where: { oid: `${LOAD}.5`, is: [0] } }],
  lineAmps: {
    oid: `${LOAD}.2`,
    scale: 0.1,
    names: `${LOAD}.4`,
    where: { oid: `${LOAD}.5`, is: [0] },
  },
  settle: seconds(10),
});
