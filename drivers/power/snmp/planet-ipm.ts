import { defineSnmpPdu, seconds } from "oob/sdk";

const OUTLET = "1.3.6.1.4.1.10456.3.3.3.1";

export default defineSnmpPdu({
  summary: "PLANET and DIGIPDU IPM (IPM-4120, IPM-8220)",
  sources: ["DIGIPDU-MIB outletTable, productSerialNumber", "a walk of one"],
  match: { sysObjectID: ["1.3.6.1.4.1.10456"], probe: [`${OUTLET}.4`], rank: 20 },
  index: ["outlet"],
  read: {
    oid: `${OUTLET}.4`,
    on: [1],
    off: [0],
    pending: [2, 3],
    notes: { "2": "going off", "3": "going on" },
  },
  // The state's 0 is off, the command's 2 is.
  write: {
    on: { oid: `${OUTLET}.5`, value: 1 },
    off: { oid: `${OUTLET}.5`, value: 2 },
    cycle: { oid: `${OUTLET}.5`, value: 3 },
  },
  model: "1.3.6.1.4.1.10456.3.1.1.0",
  serial: "1.3.6.1.4.1.10456.3.1.3.0",
  firmware: "1.3.6.1.4.1.10456.3.1.4.0",
  outletAmps: { oid: `${OUTLET}.7`, scale: 0.1 },
  outletWatts: { oid: `${OUTLET}.9` },
  settle: seconds(10),
});
