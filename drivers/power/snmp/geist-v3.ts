import { defineSnmpPdu, seconds } from "oob/sdk";

const OUTLET = "1.3.6.1.4.1.21239.2.16.1";

export default defineSnmpPdu({
  summary: "Geist switched PDUs with the V3 MIB (RCX, RCM-O)",
  sources: ["GEIST-MIB-V3 ctrlOutletTable"],
  match: { sysObjectID: ["1.3.6.1.4.1.21239.2"], probe: [`${OUTLET}.3`], rank: 20 },
  index: ["outlet"],
  name: `${OUTLET}.2`,
  read: { oid: `${OUTLET}.3`, on: [1], off: [0] },
  // State and command are one object; column 4 is what the outlet senses.
  sensed: { oid: `${OUTLET}.4`, on: [1], off: [0] },
  // Gauge32. Off is 3: a 0 written means "cancel".
  write: {
    on: { oid: `${OUTLET}.3`, value: 1, type: "gauge" },
    off: { oid: `${OUTLET}.3`, value: 3, type: "gauge" },
    cycle: { oid: `${OUTLET}.3`, value: 5, type: "gauge" },
  },
  delays: { cycle: `${OUTLET}.10`, unitMs: seconds(1) },
  outletAmps: { oid: `${OUTLET}.6`, scale: 0.1 },
  outletWatts: { oid: `${OUTLET}.15` },
  settle: seconds(10),
});
