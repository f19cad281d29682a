import { defineSnmpPdu, seconds } from "oob/sdk";

const PX2 = "1.3.6.1.4.1.13742.6";
const OUTLET = `${PX2}.3.5.3.1`;
const OUTLET_SENSOR = `${PX2}.5.4.3.1`;
const OUTLET_DIGITS = `${PX2}.3.5.4.1.7`;
const INLET_VALUE = `${PX2}.5.2.3.1.4`;
const INLET_DIGITS = `${PX2}.3.3.4.1.7`;

export default defineSnmpPdu({
  summary: "Raritan PX2, PX3, PX4; Legrand and Server Technology PRO3X, PRO4X (PDU2-MIB)",
  sources: [
    "PDU2-MIB outletSwitchControlTable, outletConfigurationTable, measurementsOutletSensorTable",
    "walks of PX2 (firmware 3.0.4), PX3-5493U-K2 (4.2.0.5) and a PX4",
  ],
  match: {
    sysObjectID: [PX2],
    // Some firmwares answer names and sensors but not the switching table.
    probe: [`${PX2}.4.1.2.1.3`, `${OUTLET}.2`],
    rank: 20,
  },
  index: ["pdu", "outlet"],
  name: `${OUTLET}.3`,
  label: `${OUTLET}.2`,
  // The enumeration is that of all sensors: only 7 and 8 are states of a switch. Sensor type 14 is on/off.
  read: {
    oid: `${PX2}.4.1.2.1.3`,
    on: [7],
    off: [8],
    otherwise: { oid: `${OUTLET_SENSOR}.3`, suffix: ".14" },
    notes: { "17": "standby", "-1": "unavailable" },
  },
  switchable: { oid: `${OUTLET}.28`, yes: [1] },
  write: {
    on: { oid: `${PX2}.4.1.2.1.2`, value: 1 },
    off: { oid: `${PX2}.4.1.2.1.2`, value: 0 },
    cycle: { oid: `${PX2}.4.1.2.1.2`, value: 2 },
  },
  cyclesAlone: true,
  delays: { cycle: `${OUTLET}.12`, unitMs: seconds(1) },
  model: `${PX2}.3.2.1.1.3`,
  serial: `${PX2}.3.2.1.1.4`,
  firmware: `${PX2}.3.2.3.1.6`,
  // Sensor types: 1 RMS current, 5 active power. Each sensor has its own number of digits.
  outletAmps: { oid: `${OUTLET_SENSOR}.4`, digits: OUTLET_DIGITS, suffix: ".1" },
  outletWatts: { oid: `${OUTLET_SENSOR}.4`, digits: OUTLET_DIGITS, suffix: ".5" },
  totalWatts: [{ oid: INLET_VALUE, digits: INLET_DIGITS, suffix: ".5" }],
  // activeEnergy(8), in Wh.
  outletKwh: { oid: `${OUTLET_SENSOR}.4`, digits: OUTLET_DIGITS, suffix: ".8", scale: 0.001 },
  totalKwh: [{ oid: INLET_VALUE, digits: INLET_DIGITS, suffix: ".8", scale: 0.001 }],
  lineAmps: { oid: INLET_VALUE, digits: INLET_DIGITS, suffix: ".1" },
  // inletRatedCurrent, a text: "32A".
  ratedAmps: { oid: `${PX2}.3.3.3.1.7`, perLine: true },
  // The inrush guard keeps up to 10 s between two switch-ons (PDU2-MIB inrushGuardDelay).
  settle: seconds(15),
});
