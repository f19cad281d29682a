import { defineSnmpPdu, seconds } from "oob/sdk";

const OUTLET = "1.3.6.1.4.1.4779.1.3.5.3.1";

export default defineSnmpPdu({
  summary: "BayTech RPC, MRP and MMP (RPC3, RPC22, RPC28, MRP27, MMP14)",
  sources: ["Baytech-MIB-403-1 and Baytech-MIB-401-4 sBTAOutletStateTable"],
  match: { sysObjectID: ["1.3.6.1.4.1.4779"], probe: [`${OUTLET}.3`], rank: 20 },
  index: ["module", "outlet"],
  name: `${OUTLET}.4`,
  read: {
    oid: `${OUTLET}.3`,
    on: [1, 3],
    off: [0, 4],
    pending: [2],
    notes: { "-1": "error", "2": "cycling", "5": "being unlocked", "6": "unknown to the device" },
  },
  // Locked on, locked off. Nothing here writes 3 or 4: that is how an outlet is locked.
  locked: { oid: `${OUTLET}.3`, values: [3, 4] },
  write: {
    on: { oid: `${OUTLET}.3`, value: 1 },
    off: { oid: `${OUTLET}.3`, value: 0 },
    cycle: { oid: `${OUTLET}.3`, value: 2 },
  },
  settle: seconds(15),
});
