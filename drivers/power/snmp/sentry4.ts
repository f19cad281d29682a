import { defineSnmpPdu, seconds } from "oob/sdk";

const ST4 = "1.3.6.1.4.1.1718.4.1";
const MONITOR = `${ST4}.8.3.1`;
const CONTROL = `${ST4}.8.5.1`;

export default defineSnmpPdu({
  summary: "Server Technology Sentry4: PRO1, PRO2 and switched units of that generation (C1S, C2S)",
  sources: [
    "Sentry4-MIB st4OutletMonitorTable, st4OutletControlTable, st4OutletConfigTable, st4UnitConfigTable, st4InputCordMonitorTable",
    "walks of two units, cords and phases",
  ],
  match: { sysObjectID: ["1.3.6.1.4.1.1718.4"], probe: [`${MONITOR}.1`], rank: 30 },
  index: ["unit", "cord", "outlet"],
  name: `${ST4}.8.2.1.3`,
  label: `${ST4}.8.2.1.2`,
  // The third generation had 0 and 1.
  read: { oid: `${MONITOR}.1`, on: [1], off: [2], notes: { "0": "unknown to the device" } },
  // st4OutletControlState: pendOn, pendOff, reboot; lockedOff, lockedOn.
  pending: { oid: `${CONTROL}.1`, values: [8, 9, 12] },
  locked: { oid: `${CONTROL}.1`, values: [14, 15] },
  write: {
    on: { oid: `${CONTROL}.2`, value: 1 },
    off: { oid: `${CONTROL}.2`, value: 2 },
    cycle: { oid: `${CONTROL}.2`, value: 3 },
  },
  delays: { cycle: `${ST4}.8.1.11.0`, unitMs: seconds(1) },
  model: `${ST4}.2.2.1.5`,
  serial: `${ST4}.2.2.1.4`,
  firmware: `${ST4}.1.1.3.0`,
  outletAmps: { oid: `${MONITOR}.3`, scale: 0.01 },
  outletWatts: { oid: `${MONITOR}.7` },
  totalWatts: [{ oid: `${ST4}.3.3.1.3` }],
  lineAmps: { oid: `${ST4}.5.3.1.6`, scale: 0.01 },
  settle: seconds(10),
});
