import { defineSnmpPdu, seconds } from "oob/sdk";

const IMD = "1.3.6.1.4.1.21239.5.2";
const OUTLET = `${IMD}.3.5.1`;
const METER = `${IMD}.3.6.1`;

export default defineSnmpPdu({
  summary: "Vertiv Geist rack PDUs with an IMD (firmware 3 to 5): GI3, NU300xx, MPI and others",
  sources: [
    "VERTIV-V5-MIB pduOutletSwitchTable, pduOutletMeterTable, pduMainTable",
    "walk of a metered MG02E4W1 (3.4.0)",
  ],
  match: { sysObjectID: ["1.3.6.1.4.1.21239.42.1"], probe: [`${OUTLET}.4`], rank: 20 },
  index: ["outlet"],
  name: `${OUTLET}.3`,
  label: `${OUTLET}.2`,
  read: {
    oid: `${OUTLET}.4`,
    on: [1],
    off: [2],
    pending: [3, 4, 5, 6],
    notes: {
      "3": "going off",
      "4": "going on",
      "5": "cycling",
      "6": "cycling",
      "7": "unavailable",
    },
  },
  remarks: [{ oid: `${OUTLET}.5`, values: [1], note: "the relay has failed", doubt: true }],
  // 1 is "cancel": it is accepted and does nothing. An outlet that is not in manual mode refuses.
  write: {
    on: { oid: `${OUTLET}.6`, value: 2 },
    off: { oid: `${OUTLET}.6`, value: 4 },
    cycle: { oid: `${OUTLET}.6`, value: 6 },
  },
  delays: { cycle: `${OUTLET}.11`, unitMs: seconds(1) },
  model: `${IMD}.1.8.0`,
  serial: `${IMD}.1.10.0`,
  firmware: `${IMD}.1.2.0`,
  outletAmps: { oid: `${METER}.8`, scale: 0.01 },
  outletWatts: { oid: `${METER}.12` },
  totalWatts: [{ oid: `${IMD}.3.1.1.9` }],
  lineAmps: { oid: `${IMD}.3.2.1.8`, scale: 0.01, names: `${IMD}.3.2.1.3` },
  settle: seconds(10),
});
