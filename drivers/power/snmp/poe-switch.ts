import { defineSnmpPdu, seconds } from "oob/sdk";

const PORT = "1.3.6.1.2.1.105.1.1.1";

export default defineSnmpPdu({
  summary: "Ports of a PoE switch, whatever its make (RFC 3621)",
  sources: ["POWER-ETHERNET-MIB pethPsePortTable (RFC 3621)"],
  // No sysObjectID of its own, and behind every PDU.
  match: { sysObjectID: [], probe: [`${PORT}.3`], rank: 0 },
  index: ["group", "port"],
  // pethPsePortAdminEnable is a TruthValue: off is 2. It says what is allowed; column 6 whether power is delivered.
  read: { oid: `${PORT}.3`, on: [1], off: [2] },
  remarks: [{ oid: `${PORT}.6`, values: [1, 2, 4, 5, 6], note: "no power is drawn" }],
  // No cycle.
  write: { on: { oid: `${PORT}.3`, value: 1 }, off: { oid: `${PORT}.3`, value: 2 } },
  settle: seconds(10),
});
