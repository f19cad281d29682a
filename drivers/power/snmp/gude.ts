import { defineSnmpPdu, seconds } from "oob/sdk";

// One MIB a model, all of the same layout: 43 is the 1202, 68 the 1104, 81 the 8031.
const MODEL = "1.3.6.1.4.1.28507.*.1";
const PORT = `${MODEL}.3.1.2.1`;
const METER = `${MODEL}.5.1.2.1`;

export default defineSnmpPdu({
  summary:
    "Gude Expert Power Control and PDUs (1104, 1202, 8031, 8045, 8221, 8226, 8316 and others)",
  sources: [
    "GUDEADS-EPC1202-MIB and its sisters: the port table and the active power table",
    "walks of an EPC 1202, 8031 and 1104",
  ],
  match: {
    sysObjectID: ["1.3.6.1.4.1.28507"],
    probe: [`${PORT}.3`],
    rank: 20,
    arc: { below: "1.3.6.1.4.1.28507" },
  },
  index: ["outlet"],
  name: `${PORT}.2`,
  read: { oid: `${PORT}.3`, on: [1], off: [0] },
  // No cycle over SNMP.
  write: { on: { oid: `${PORT}.3`, value: 1 }, off: { oid: `${PORT}.3`, value: 0 } },
  // A port stays off for its own repower time, so an on may come late.
  delays: { on: `${PORT}.7`, unitMs: seconds(1) },
  model: `${MODEL}.1.2.1.0`,
  serial: `${MODEL}.1.2.5.0`,
  firmware: `${MODEL}.1.2.2.0`,
  totalWatts: [{ oid: `${METER}.4` }],
  lineAmps: { oid: `${METER}.5`, scale: 0.001 },
  settle: seconds(15),
});
