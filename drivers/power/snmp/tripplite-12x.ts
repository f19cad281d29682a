import { defineSnmpPdu, seconds } from "oob/sdk";

const OUTLET = "1.3.6.1.4.1.850.100.1.10.2.1";

export default defineSnmpPdu({
  summary: "Tripp Lite PowerAlert 12 (PDUMH..NET and UPS with switched outlets), read only",
  sources: ["TRIPPLITE-12X tlUpsOutletTable", "a walk of a PowerAlert 12 device"],
  match: { sysObjectID: ["1.3.6.1.4.1.850"], probe: [`${OUTLET}.2`], rank: 10 },
  index: ["outlet"],
  name: `${OUTLET}.5`,
  read: { oid: `${OUTLET}.2`, on: [2], off: [1], notes: { "0": "unknown to the device" } },
  readOnlyBecause: "sources disagree about the tree and the index of its commands",
  // What TRIPPLITE-12X has (tlUpsOutletCommand).
  unproven: {
    on: { oid: `${OUTLET}.4`, value: 2 },
    off: { oid: `${OUTLET}.4`, value: 1 },
  },
  serial: "1.3.6.1.4.1.850.100.1.1.4.0",
  outletAmps: { oid: `${OUTLET}.13`, scale: 0.1 },
  outletWatts: { oid: `${OUTLET}.14` },
  settle: seconds(10),
});
