import { defineSnmpPdu, seconds } from "oob/sdk";

const DEVICE = "1.3.6.1.4.1.21317.1.3.2.2.2";
const OUTLET = `${DEVICE}.2`;
/** Outlets that the MIB has objects for; the device says which of them it has not. */
const OUTLETS = 42;
/** outlet1 to outlet8 are 2 to 9; 10 is the configuration table, so outlet9 is 11. */
const FIRST = 2;
const HOLE = 10;

export default defineSnmpPdu({
  summary: "ATEN PE series (PE5xxx to PE9xxx)",
  sources: [
    "ATEN-PE-CFG outletControl, deviceOutletConfigTable",
    "walk of a PE unit with 16 outlets that answers 42 rows",
  ],
  match: { sysObjectID: ["1.3.6.1.4.1.21317"], probe: [`${OUTLET}.${FIRST}`], rank: 20 },
  index: ["object", "scalar"],
  scalars: Array.from({ length: OUTLETS }, (_, i) =>
    FIRST + i < HOLE ? `${FIRST + i}.0` : `${FIRST + i + 1}.0`,
  ),
  name: `${OUTLET}.10.1.2.{n}`,
  read: {
    oid: OUTLET,
    on: [2],
    off: [1],
    pending: [3, 4],
    absent: [7],
    notes: { "3": "pending", "4": "cycling", "5": "fault", "6": "no right to see it", "8": "pop" },
  },
  write: {
    on: { oid: OUTLET, value: 2 },
    off: { oid: OUTLET, value: 1 },
    cycle: { oid: OUTLET, value: 4 },
  },
  settle: seconds(15),
});
