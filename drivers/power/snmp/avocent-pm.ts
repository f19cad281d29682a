import { defineSnmpPdu, seconds } from "oob/sdk";

const PM = "1.3.6.1.4.1.10418.17.2.5";
const OUTLET = `${PM}.5.1`;

export default defineSnmpPdu({
  summary: "Avocent and Cyclades PM PDUs, alone or on a console server (ACS 5000, 6000, 8000)",
  sources: ["PM-MIB pmPowerMgmtOutletsTable, pmPowerMgmtPDUTable"],
  match: {
    sysObjectID: ["1.3.6.1.4.1.10418.17.1"],
    probe: [`${OUTLET}.5`],
    rank: 20,
  },
  // The port is the serial port of the appliance that the PDU hangs on.
  index: ["port", "pdu", "outlet"],
  name: `${OUTLET}.4`,
  read: {
    oid: `${OUTLET}.5`,
    on: [2, 4, 10],
    off: [1, 3],
    pending: [5, 6, 7, 8],
    absent: [0],
    notes: {
      "5": "cycling",
      "6": "going off",
      "7": "going on",
      "8": "going to cycle",
      "9": "not set",
      "11": "off, shut down",
      "12": "tripped",
    },
  },
  locked: { oid: `${OUTLET}.5`, values: [3, 4, 10] },
  // 1 is accepted and does nothing.
  write: {
    on: { oid: `${OUTLET}.6`, value: 2 },
    off: { oid: `${OUTLET}.6`, value: 3 },
    cycle: { oid: `${OUTLET}.6`, value: 4 },
  },
  outletAmps: { oid: `${OUTLET}.50`, scale: 0.1 },
  outletWatts: { oid: `${OUTLET}.60`, scale: 0.1 },
  totalWatts: [{ oid: `${PM}.3.1.60`, scale: 0.1 }],
  lineAmps: { oid: `${PM}.3.1.50`, scale: 0.1 },
  settle: seconds(15),
});
