import { defineSnmpPdu, seconds } from "oob/sdk";

const SYNLINK = "1.3.6.1.4.1.21728.4";
const OUTLET = `${SYNLINK}.5.1.1`;

export default defineSnmpPdu({
  summary: "Synaccess SynLink (SL, SW and SM series)",
  sources: ["SYNLINK-MIB outlet table and system objects"],
  match: { sysObjectID: ["1.3.6.1.4.1.21728"], probe: [`${OUTLET}.7`], rank: 20 },
  index: ["outlet"],
  name: `${OUTLET}.3`,
  read: { oid: `${OUTLET}.7`, on: [1], off: [0] },
  switchable: { oid: `${SYNLINK}.1.10.0`, yes: [1] },
  // The 2 stands in the text and not in the enumeration.
  write: {
    on: { oid: `${OUTLET}.7`, value: 1 },
    off: { oid: `${OUTLET}.7`, value: 0 },
    cycle: { oid: `${OUTLET}.7`, value: 2 },
  },
  model: `${SYNLINK}.1.1.0`,
  // enclosureSerialNumber: the box with the outlets; its controller can be exchanged.
  serial: `${SYNLINK}.1.2.0`,
  settle: seconds(10),
});
