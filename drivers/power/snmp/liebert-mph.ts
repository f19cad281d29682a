import { defineSnmpPdu, seconds } from "oob/sdk";

const PDU = "1.3.6.1.4.1.476.1.42.3.8";
const UNIT = `${PDU}.30.20.1`;
const RECEPTACLE = `${PDU}.50.20.1`;

export default defineSnmpPdu({
  summary: "Vertiv Liebert MPH, MPX and MPH2",
  sources: [
    "LIEBERT-GP-PDU-MIB lgpPduRcpEntry, lgpPduPsEntry, lgpPduRbEntry",
    "walk of an MPH2 MPHR3142 (0.4.6.29)",
  ],
  // 476.1.42 is every Liebert product.
  match: {
    sysObjectID: ["1.3.6.1.4.1.476.1.42"],
    probe: [`${RECEPTACLE}.95`, `${RECEPTACLE}.25`],
    rank: 20,
  },
  index: ["pdu", "branch", "receptacle"],
  name: `${RECEPTACLE}.10`,
  label: `${RECEPTACLE}.25`,
  // Column 100, the control, is never the state: it can read 2 (cycling) long after.
  read: {
    oid: `${RECEPTACLE}.95`,
    on: [2],
    off: [1],
    pending: [3],
    notes: { "0": "unknown to the device", "3": "going on" },
  },
  locked: { oid: `${RECEPTACLE}.105`, values: [2] },
  // The state's 1 is off, the control's 1 is on. A cycle of an outlet that is off does nothing.
  write: {
    on: { oid: `${RECEPTACLE}.100`, value: 1 },
    off: { oid: `${RECEPTACLE}.100`, value: 0 },
    cycle: { oid: `${RECEPTACLE}.100`, value: 2 },
  },
  model: `${UNIT}.20`,
  serial: `${UNIT}.55`,
  firmware: `${UNIT}.60`,
  outletAmps: { oid: `${RECEPTACLE}.60`, scale: 0.1 },
  outletWatts: { oid: `${RECEPTACLE}.65` },
  totalWatts: [{ oid: `${UNIT}.65` }],
  settle: seconds(15),
});
