import { defineSnmpPdu, seconds } from "oob/sdk";

const PDU = "1.3.6.1.4.1.2.6.223";
const OUTLET = `${PDU}.8.2.2.1`;

export default defineSnmpPdu({
  summary: "IBM and Lenovo PDU+ and switched PDUs (46M4xxx, 39Y89xx, dPDU45xx, 00YJ7xx), read only",
  sources: [
    "IBM-PDU-MIB ibmPduOutletTable, ibmPduSoftwareVersion, ibmPduSerialNumber",
    "xCAT issue 5213",
  ],
  match: { sysObjectID: [PDU], probe: [`${OUTLET}.13`, `${OUTLET}.2`], rank: 20 },
  index: ["outlet"],
  name: `${OUTLET}.2`,
  read: {
    oid: `${OUTLET}.13`,
    on: [1],
    off: [0],
    pending: [2, 3, 4, 5],
    notes: { "-1": "error", "2": "cycling" },
  },
  // Two generations share one sysObjectID; in other firmware the state is in column 11, and was moved there and back.
  believedIf: {
    oid: `${PDU}.7.3.0`,
    matches: /sLEN/,
    note: "this firmware may have its states elsewhere",
  },
  readOnlyBecause: "in other firmware the command's object is a warning threshold",
  // The column in which the states were found: the threshold is never written where it is not one of them.
  unproven: {
    on: { oid: `${OUTLET}.13`, value: 1 },
    off: { oid: `${OUTLET}.13`, value: 0 },
  },
  serial: `${PDU}.7.9.0`,
  firmware: `${PDU}.7.3.0`,
  outletAmps: { oid: `${OUTLET}.9`, scale: 0.001 },
  outletWatts: { oid: `${OUTLET}.15` },
  settle: seconds(15),
});
