import { defineSnmpPdu, seconds } from "oob/sdk";

const PX = "1.3.6.1.4.1.13742.4.1";
const OUTLET = `${PX}.2.2.1`;

export default defineSnmpPdu({
  summary: "Raritan Dominion PX, first generation (DPXS, DPCS, DPXR), read only",
  sources: ["PDU-MIB (Raritan) outletTable, inletTable", "a walk with names and inlet"],
  match: {
    sysObjectID: ["1.3.6.1.4.1.13742.4"],
    probe: [`${OUTLET}.3`, `${OUTLET}.2`],
    rank: 10,
  },
  index: ["outlet"],
  name: `${OUTLET}.2`,
  read: {
    oid: `${OUTLET}.3`,
    on: [1],
    off: [0],
    pending: [2],
    notes: { "-1": "error", "2": "cycling" },
  },
  readOnlyBecause: "sources disagree whether its first outlet has index 0 or 1",
  // What PDU-MIB has; the index is the one that its table answers.
  unproven: {
    on: { oid: `${OUTLET}.3`, value: 1 },
    off: { oid: `${OUTLET}.3`, value: 0 },
  },
  model: `${PX}.1.12.0`,
  serial: `${PX}.1.2.0`,
  firmware: `${PX}.1.1.0`,
  outletAmps: { oid: `${OUTLET}.4`, scale: 0.001 },
  outletWatts: { oid: `${OUTLET}.7` },
  totalWatts: [{ oid: `${PX}.20.2.1.9` }],
  lineAmps: { oid: `${PX}.20.2.1.7`, scale: 0.001 },
  settle: seconds(15),
});
