import { defineSnmpPdu, seconds } from "oob/sdk";

const EPDU = "1.3.6.1.4.1.534.6.6.6.1";
const OUTLET = `${EPDU}.2.2.1`;

export default defineSnmpPdu({
  summary: "Eaton and Powerware managed ePDU of the Revelation generation (PW1xxMA, DBQxxxxx)",
  sources: ["PDU-MIB (Eaton) outletTable, unitReadings", "a walk of a DBQ unit"],
  match: { sysObjectID: ["1.3.6.1.4.1.534.6.6.6"], probe: [`${OUTLET}.3`], rank: 10 },
  // Instances start at 0, whatever the MIB's text says: the layout is Raritan's, the numbers are not.
  index: ["outlet"],
  firstIs: 1,
  name: `${OUTLET}.2`,
  read: {
    oid: `${OUTLET}.3`,
    on: [1],
    off: [0],
    pending: [2],
    notes: { "-1": "error", "2": "cycling" },
  },
  write: {
    on: { oid: `${OUTLET}.3`, value: 1 },
    off: { oid: `${OUTLET}.3`, value: 0 },
    cycle: { oid: `${OUTLET}.3`, value: 2 },
  },
  model: `${EPDU}.1.12.0`,
  serial: `${EPDU}.1.2.0`,
  firmware: `${EPDU}.1.1.0`,
  outletAmps: { oid: `${OUTLET}.4`, scale: 0.001 },
  outletWatts: { oid: `${OUTLET}.7` },
  totalWatts: [{ oid: `${EPDU}.3.1.3.0` }],
  lineAmps: { oid: `${EPDU}.3.1.1.0`, scale: 0.001 },
  settle: seconds(15),
});
