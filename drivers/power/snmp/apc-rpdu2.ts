import { defineSnmpPdu, seconds } from "oob/sdk";

const OUTLET = "1.3.6.1.4.1.318.1.1.26.9.2.3.1";

export default defineSnmpPdu({
  summary:
    "APC rack PDUs, second generation and chains of them (AP84xx to AP89xx, AP79xxB, APDU9xxx)",
  sources: [
    "PowerNet-MIB rPDU2OutletSwitchedStatusTable, rPDU2OutletSwitchedControlTable",
    "full walks of AP7902B, AP8641 and AP8932, row by row against the older tables of the same units",
  ],
  match: {
    sysObjectID: ["1.3.6.1.4.1.318.1.3.4.6", "1.3.6.1.4.1.318.1.3.4.8"],
    probe: [`${OUTLET}.5`],
    rank: 30,
  },
  // One row number counts through the whole chain; columns 2 and 4 hold unit and printed number.
  index: ["row"],
  name: `${OUTLET}.3`,
  label: `${OUTLET}.4`,
  unit: `${OUTLET}.2`,
  // The status column says 1 off, 2 on; the command column of the same device 1 on, 2 off.
  read: { oid: `${OUTLET}.5`, on: [2], off: [1] },
  pending: { oid: `${OUTLET}.6`, values: [1] },
  write: {
    on: { oid: "1.3.6.1.4.1.318.1.1.26.9.2.4.1.5", value: 1 },
    off: { oid: "1.3.6.1.4.1.318.1.1.26.9.2.4.1.5", value: 2 },
    cycle: { oid: "1.3.6.1.4.1.318.1.1.26.9.2.4.1.5", value: 3 },
  },
  cyclesAlone: true,
  delays: { cycle: "1.3.6.1.4.1.318.1.1.26.9.2.1.1.7", unitMs: seconds(1) },
  model: "1.3.6.1.4.1.318.1.1.26.2.1.8",
  serial: "1.3.6.1.4.1.318.1.1.26.2.1.9",
  firmware: "1.3.6.1.4.1.318.1.1.26.2.1.6",
  outletAmps: { oid: "1.3.6.1.4.1.318.1.1.26.9.4.3.1.6", scale: 0.1 },
  outletWatts: { oid: "1.3.6.1.4.1.318.1.1.26.9.4.3.1.7" },
  // Tenths of kWh.
  outletKwh: { oid: "1.3.6.1.4.1.318.1.1.26.9.4.3.1.11", scale: 0.1 },
  totalKwh: [{ oid: "1.3.6.1.4.1.318.1.1.26.4.3.1.9", scale: 0.1 }],
  // Hundredths of a kW, -1 where not metered; such units still compute watts in the older scalar.
  totalWatts: [
    { oid: "1.3.6.1.4.1.318.1.1.26.4.3.1.5", scale: 10 },
    { oid: "1.3.6.1.4.1.318.1.1.12.1.16.0" },
  ],
  lineAmps: { oid: "1.3.6.1.4.1.318.1.1.26.6.3.1.5", scale: 0.1 },
  // A row counts banks through a chain of units, as it does outlets.
  bankAmps: { oid: "1.3.6.1.4.1.318.1.1.26.8.3.1.5", scale: 0.1 },
  // rPDU2DevicePropertiesMaxCurrentRating, A: 24 on a recorded unit with a plug of 30 A.
  ratedAmps: { oid: "1.3.6.1.4.1.318.1.1.26.4.2.1.9" },
  settle: seconds(10),
});
