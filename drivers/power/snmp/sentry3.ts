import { defineSnmpPdu, seconds } from "oob/sdk";

const OUTLET = "1.3.6.1.4.1.1718.3.2.3.1";
const INFEED = "1.3.6.1.4.1.1718.3.2.2.1";

export default defineSnmpPdu({
  summary: "Server Technology Sentry switched CDU, third generation (CW-, CS-, CL-, 4805-XLS)",
  sources: [
    "Sentry3-MIB outletTable, infeedTable, towerTable",
    "walk of a CWG-30VDE455/CB (version 7.1f): ten outlets an infeed, so no index is ever computed",
  ],
  // A smart (metered) unit has the infeed table only.
  match: { sysObjectID: ["1.3.6.1.4.1.1718.3"], probe: [`${OUTLET}.5`, `${OUTLET}.2`], rank: 20 },
  index: ["tower", "infeed", "outlet"],
  name: `${OUTLET}.3`,
  label: `${OUTLET}.2`,
  // outletStatus: the sensed state where the outlet can sense; 4 and 5: command and sensed state disagree.
  read: {
    oid: `${OUTLET}.5`,
    on: [1],
    off: [0],
    pending: [2, 3],
    notes: {
      "2": "going off",
      "3": "going on",
      "4": "should be off, senses otherwise",
      "5": "should be on, senses otherwise",
      "6": "no communication with the outlet",
      "7": "being read",
      "8": "off, fuse blown",
      "9": "on, fuse blown",
    },
  },
  // outletCapabilities is BITS: 2 is powerControl. outletControlState: 6 lockedOff, 7 lockedOn refuse silently.
  switchable: { oid: `${OUTLET}.4`, bit: 2 },
  locked: { oid: `${OUTLET}.10`, values: [6, 7] },
  write: {
    on: { oid: `${OUTLET}.11`, value: 1 },
    off: { oid: `${OUTLET}.11`, value: 2 },
    cycle: { oid: `${OUTLET}.11`, value: 3 },
  },
  model: "1.3.6.1.4.1.1718.3.2.1.1.7",
  serial: "1.3.6.1.4.1.1718.3.2.1.1.6",
  firmware: "1.3.6.1.4.1.1718.3.1.1.0",
  outletAmps: { oid: `${OUTLET}.7`, scale: 0.01 },
  outletWatts: { oid: `${OUTLET}.14` },
  // The towers' power; where they have none, that of the infeeds.
  totalWatts: [{ oid: "1.3.6.1.4.1.1718.3.2.1.1.11" }, { oid: `${INFEED}.12` }],
  // infeedEnergy, tenths of kWh.
  totalKwh: [{ oid: `${INFEED}.16`, scale: 0.1 }],
  lineAmps: { oid: `${INFEED}.7`, scale: 0.01, names: `${INFEED}.2` },
  // infeedCapacity, A; the currents beside it are hundredths.
  ratedAmps: { oid: `${INFEED}.10`, perLine: true },
  settle: seconds(10),
});
