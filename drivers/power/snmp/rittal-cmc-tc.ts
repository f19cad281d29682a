import { defineSnmpPdu, seconds } from "oob/sdk";

// One subtree for each of four units.
const OUTPUT = "1.3.6.1.4.1.2606.4.2.{0}.6.2.1";

export default defineSnmpPdu({
  summary: "Rittal CMC-TC with PSM (CMC-TC PU II, PSM M)",
  sources: ["RITTAL-CMC-TC-MIB cmcTcUnit1OutputTable to cmcTcUnit4OutputTable, cmcTcUnit1Serial"],
  match: { sysObjectID: ["1.3.6.1.4.1.2606.4"], probe: [`${OUTPUT}.4`], rank: 20 },
  index: ["subtree", "outlet"],
  units: [3, 4, 5, 6],
  // Door locks and fans share the table: powerOut, relayPSM and powerOut1 are outlets.
  only: { oid: `${OUTPUT}.2`, values: [11, 18, 23] },
  name: `${OUTPUT}.3`,
  read: {
    oid: `${OUTPUT}.4`,
    on: [6],
    off: [5],
    pending: [7, 8],
    absent: [1],
    notes: {
      "2": "lost",
      "3": "changed",
      "4": "ok, not said whether on",
      "7": "off, in time",
      "8": "on, in time",
    },
  },
  // No cycle.
  write: { on: { oid: `${OUTPUT}.6`, value: 2 }, off: { oid: `${OUTPUT}.6`, value: 1 } },
  // Of the first unit; the others are told by their subtrees.
  serial: "1.3.6.1.4.1.2606.4.2.3.3.0",
  settle: seconds(10),
});
