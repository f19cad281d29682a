import { defineSnmpPdu, seconds } from "oob/sdk";

const RELAY = "1.3.6.1.4.1.55108.1.4.1.1";

export default defineSnmpPdu({
  summary: "Riedo Networks UPDU (RN32xx)",
  sources: ["RNX-UPDU-MIB relay table, upduInfoPartNumber, upduInfoSerialNumber"],
  match: { sysObjectID: ["1.3.6.1.4.1.55108.1.0"], probe: [`${RELAY}.4`], rank: 20 },
  // A relay may feed several outlets: its name is the list of them.
  index: ["module", "relay"],
  name: `${RELAY}.2`,
  read: { oid: `${RELAY}.4`, on: [1], off: [0], notes: { "2": "unknown to the device" } },
  remarks: [{ oid: `${RELAY}.5`, values: [1], note: "the relay has failed", doubt: true }],
  // No cycle.
  write: { on: { oid: `${RELAY}.3`, value: 1 }, off: { oid: `${RELAY}.3`, value: 0 } },
  model: "1.3.6.1.4.1.55108.1.1.1.0",
  serial: "1.3.6.1.4.1.55108.1.1.2.0",
  settle: seconds(10),
});
