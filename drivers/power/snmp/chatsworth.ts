import { defineSnmpPdu, seconds } from "oob/sdk";

const OUTLET = "1.3.6.1.4.1.30932.1.10.1.4.10.1";

export default defineSnmpPdu({
  summary: "Chatsworth (CPI) eConnect, and chains of up to 32 of them (P4, P5, P6)",
  sources: ["CPI-UNITY-MIB pduBranchEntry, pduOutletEntry", "a walk of one"],
  // Its sysObjectID is reversed, and useless.
  match: { sysObjectID: ["1.3.6.1.4.1.30932"], probe: [`${OUTLET}.11`], rank: 20 },
  // Behind the outlet stands the PDU's MAC as text: its length, then its characters.
  index: ["outlet", "mac"],
  name: `${OUTLET}.4`,
  read: { oid: `${OUTLET}.11`, on: [1], off: [0] },
  write: {
    on: { oid: `${OUTLET}.11`, value: 1 },
    off: { oid: `${OUTLET}.11`, value: 0 },
    cycle: { oid: `${OUTLET}.12`, value: 1 },
  },
  outletAmps: { oid: `${OUTLET}.6`, scale: 0.01 },
  // What it calls power is apparent power, in VA: no watts.
  settle: seconds(15),
});
