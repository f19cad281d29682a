import { defineSnmpPdu, seconds } from "oob/sdk";

const EPDU2 = "1.3.6.1.4.1.3808.1.1.6";
const OUTLET = `${EPDU2}.6.1.4.1`;
const METER = `${EPDU2}.6.2.4.1`;
const COMMAND = `${EPDU2}.6.1.5.1.5`;
const EPDU = "1.3.6.1.4.1.3808.1.1.3";

export default defineSnmpPdu({
  summary:
    "CyberPower PDUs with the ePDU2 tables, and chains of them (PDU44xxx, PDU81xxx, PDU83xxx)",
  sources: [
    "CPS-MIB ePDU2OutletSwitchedStatusTable, ePDU2OutletSwitchedControlTable, ePDU2OutletMeteredStatusTable",
    "walks of a PDU81005 and of a second unit",
  ],
  match: { sysObjectID: [EPDU2], probe: [`${OUTLET}.5`], rank: 30 },
  // One row number counts through the whole chain; columns 2 and 3 hold unit and printed number.
  index: ["row"],
  name: `${OUTLET}.4`,
  label: `${OUTLET}.3`,
  unit: `${OUTLET}.2`,
  // 1 on, 2 off; APC's table of the same layout has them exchanged.
  read: { oid: `${OUTLET}.5`, on: [1], off: [2] },
  pending: { oid: `${OUTLET}.6`, values: [1] },
  write: {
    on: { oid: COMMAND, value: 1 },
    off: { oid: COMMAND, value: 2 },
    cycle: { oid: COMMAND, value: 3 },
  },
  delays: { cycle: `${EPDU2}.6.1.2.1.7`, unitMs: seconds(1) },
  model: `${EPDU}.1.5.0`,
  serial: `${EPDU}.1.6.0`,
  firmware: `${EPDU}.1.3.0`,
  outletAmps: { oid: `${METER}.6`, scale: 0.1 },
  outletWatts: { oid: `${METER}.7` },
  totalWatts: [{ oid: `${EPDU2}.3.4.1.18` }],
  lineAmps: { oid: `${EPDU2}.3.4.1.5`, scale: 0.1 },
  bankAmps: { oid: `${EPDU2}.5.4.1.5`, scale: 0.1 },
  settle: seconds(10),
});
