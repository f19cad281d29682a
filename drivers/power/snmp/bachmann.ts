import { defineSnmpPdu, seconds } from "oob/sdk";

const SOCKET = "1.3.6.1.4.1.31770.2.2.6.5.1";

export default defineSnmpPdu({
  summary: "Bachmann BlueNet2 (BN3000 to BN7500), read only",
  sources: ["BACHMANN-BLUENET2-MIB blueNet2SocketTable"],
  match: { sysObjectID: ["1.3.6.1.4.1.31770"], probe: [`${SOCKET}.12`], rank: 20 },
  index: ["device", "circuit", "phase", "fuse", "outlet"],
  name: `${SOCKET}.8`,
  label: `${SOCKET}.7`,
  read: {
    oid: `${SOCKET}.12`,
    on: [1],
    off: [2],
    pending: [3],
    notes: { "3": "cycling", "4": "unavailable", "5": "cannot be switched" },
  },
  // The INDEX clause has four parts, the table's columns five.
  readOnlyBecause: "its MIB contradicts itself about the index of a socket",
  // With the index that the table answers.
  unproven: {
    on: { oid: `${SOCKET}.12`, value: 1 },
    off: { oid: `${SOCKET}.12`, value: 2 },
  },
  settle: seconds(15),
});
