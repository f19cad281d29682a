import { defineSnmpPdu, seconds } from "oob/sdk";

const PDU = "1.3.6.1.4.1.19536.10.1";
const OUTLET = `${PDU}.5.1.1`;
const CONTROL = `${PDU}.5.2.1`;

export default defineSnmpPdu({
  summary: "Panduit SmartZone G5 (P24G, P32G, P42)",
  sources: ["PANDUIT-MIB outlet control and metering tables", "a walk of a P32G13M, two rows"],
  match: { sysObjectID: [PDU], probe: [`${CONTROL}.1`, `${OUTLET}.2`], rank: 30 },
  index: ["pdu", "outlet"],
  // A unit with 32 outlets answers row 33 with zeros.
  padding: { count: `${PDU}.1.2.1.13`, states: [0] },
  name: `${OUTLET}.2`,
  read: {
    oid: `${CONTROL}.1`,
    on: [2],
    off: [1],
    pending: [3, 4],
    notes: { "3": "going off", "4": "going on" },
  },
  switchable: { oid: `${CONTROL}.8`, yes: [1] },
  write: {
    on: { oid: `${CONTROL}.10`, value: 2 },
    off: { oid: `${CONTROL}.10`, value: 1 },
    cycle: { oid: `${CONTROL}.10`, value: 5 },
  },
  delays: { cycle: `${CONTROL}.7`, unitMs: seconds(1) },
  model: `${PDU}.1.2.1.7`,
  serial: `${PDU}.1.2.1.8`,
  firmware: `${PDU}.1.2.1.5`,
  outletAmps: { oid: `${OUTLET}.5`, scale: 0.01 },
  outletWatts: { oid: `${OUTLET}.13` },
  totalWatts: [{ oid: `${PDU}.2.1.1.5` }],
  settle: seconds(15),
});
