import { defineSnmpPdu, seconds } from "oob/sdk";

const EPDU = "1.3.6.1.4.1.534.6.6.7";
const CONTROL = `${EPDU}.6.6.1`;

export default defineSnmpPdu({
  summary: "Eaton ePDU G2 and G3 (EMA, EMS, ESW, EMO, IPV, IPC)",
  sources: [
    "EATON-EPDU-MIB outletControlTable, outletTable, inputTotalPowerTable",
    "walk of an ePDU MA 36U-C (EMA114-10, firmware 05.01.0002)",
  ],
  match: { sysObjectID: [EPDU], probe: [`${CONTROL}.2`], rank: 20 },
  // The first number is the strapping index of the daisy chain, 0 for a single unit.
  index: ["strap", "outlet"],
  name: `${EPDU}.6.1.1.3`,
  label: `${EPDU}.6.1.1.6`,
  read: {
    oid: `${CONTROL}.2`,
    on: [1],
    off: [0],
    pending: [2, 3],
    notes: { "2": "going off", "3": "going on" },
  },
  switchable: { oid: `${CONTROL}.9`, yes: [1] },
  // A column each. 0 is "now"; IPV and IPC units refuse any other number of seconds.
  write: {
    on: { oid: `${CONTROL}.4`, value: 0 },
    off: { oid: `${CONTROL}.3`, value: 0 },
    cycle: { oid: `${CONTROL}.5`, value: 0 },
  },
  // outletControlSequenceDelay: by default each outlet starts its own number of seconds late.
  delays: { on: `${CONTROL}.7`, cycle: `${CONTROL}.8`, unitMs: seconds(1) },
  model: `${EPDU}.1.2.1.3`,
  serial: `${EPDU}.1.2.1.4`,
  firmware: `${EPDU}.1.2.1.5`,
  outletAmps: { oid: `${EPDU}.6.4.1.3`, scale: 0.001 },
  outletWatts: { oid: `${EPDU}.6.5.1.3` },
  totalWatts: [{ oid: `${EPDU}.3.5.1.4` }],
  // Wh: outletWh, inputTotalWh.
  outletKwh: { oid: `${EPDU}.6.5.1.4`, scale: 0.001 },
  totalKwh: [{ oid: `${EPDU}.3.5.1.5`, scale: 0.001 }],
  lineAmps: { oid: `${EPDU}.3.3.1.4`, scale: 0.001 },
  // inputCurrentCapacity, mA as the currents beside it.
  ratedAmps: { oid: `${EPDU}.3.3.1.3`, scale: 0.001, perLine: true },
  settle: seconds(15),
});
