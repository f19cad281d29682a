import { defineSnmpPdu, seconds } from "oob/sdk";

const STATION = "1.3.6.1.4.1.21317.1.3.2.3.2.3";
const OUTLET = `${STATION}.3.1.1`;

export default defineSnmpPdu({
  summary: "ATEN PG series and PE units with the PE2 MIB",
  sources: ["ATEN-PE2-CFG outlet control, configuration and property tables"],
  match: { sysObjectID: ["1.3.6.1.4.1.21317.1.3.2.3"], probe: [OUTLET], rank: 30 },
  index: ["station", "outlet"],
  name: `${STATION}.2.1.1`,
  read: {
    oid: OUTLET,
    on: [2],
    off: [1],
    pending: [3, 4],
    absent: [7],
    notes: {
      "3": "pending",
      "4": "cycling",
      "5": "fault",
      "6": "no right to see it",
      "8": "pop",
      "-3000000": "unavailable",
    },
  },
  switchable: { oid: `${STATION}.1.1.3`, yes: [2] },
  write: {
    on: { oid: OUTLET, value: 2 },
    off: { oid: OUTLET, value: 1 },
    cycle: { oid: OUTLET, value: 4 },
  },
  settle: seconds(15),
});
