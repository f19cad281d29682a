import { defineSnmpPdu, seconds } from "oob/sdk";

const SPDU = "1.3.6.1.4.1.318.1.1.4";
const OUTLET = `${SPDU}.4.2.1`;

export default defineSnmpPdu({
  summary: "APC MasterSwitch (AP9210 to AP9218, AP9606), and newer APC units that answer its table",
  sources: [
    "PowerNet-MIB sPDUOutletControlTable, sPDUOutletConfigTable, sPDUIdent",
    "walks of AP9212, AP7902B, AP8641, AP8932 and AP8959EU3",
  ],
  match: {
    sysObjectID: ["1", "2", "3", "7"].map((model) => `1.3.6.1.4.1.318.1.3.4.${model}`),
    probe: [`${OUTLET}.3`],
    // Newer units answer this table too: theirs go first.
    rank: 10,
  },
  index: ["outlet"],
  name: `${OUTLET}.4`,
  // State and command are one object, so that right after a SET it may show what was asked for: the pending column tells.
  read: { oid: `${OUTLET}.3`, on: [1], off: [2], notes: { "4": "the device has lost its state" } },
  pending: { oid: `${OUTLET}.2`, values: [1] },
  write: {
    on: { oid: `${OUTLET}.3`, value: 1 },
    off: { oid: `${OUTLET}.3`, value: 2 },
    cycle: { oid: `${OUTLET}.3`, value: 3 },
  },
  delays: { cycle: `${SPDU}.5.2.1.5`, unitMs: seconds(1) },
  model: `${SPDU}.1.4.0`,
  serial: `${SPDU}.1.5.0`,
  firmware: `${SPDU}.1.2.0`,
  // The MasterSwitch has no meter; a newer unit behind this table has those of its own generation.
  totalWatts: [
    { oid: "1.3.6.1.4.1.318.1.1.26.4.3.1.5", scale: 10 },
    { oid: "1.3.6.1.4.1.318.1.1.12.1.16.0" },
  ],
  settle: seconds(10),
});
