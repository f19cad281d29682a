import { defineSnmpPdu, seconds } from "oob/sdk";

const OUTPUT = "1.3.6.1.4.1.232.165.5.2.1.1";

export default defineSnmpPdu({
  summary: "HPE Intelligent modular PDU (AF5xxA with extension bars), read only",
  sources: ["CPQPOWER-MIB pduOutputTable of the Intelligent PDU"],
  match: { sysObjectID: ["1.3.6.1.4.1.232.165.5"], probe: [`${OUTPUT}.2`], rank: 20 },
  index: ["pdu", "outlet"],
  // Words, not numbers.
  read: { oid: `${OUTPUT}.2`, on: ["on"], off: ["off"], notes: { problem: "problem" } },
  readOnlyBecause: "it has no object that switches",
  // mpduIdentTable.
  serial: "1.3.6.1.4.1.232.165.5.1.2.1.8",
  totalWatts: [{ oid: `${OUTPUT}.9` }],
  settle: seconds(10),
});
