import { defineSnmpPdu, seconds } from "oob/sdk";

const PORT = "1.3.6.1.2.1.105.1.1.1";
const ENTITY = "1.3.6.1.2.1.47.1.1.1.1";
/** pethPsePortDetectionStatus: 1 disabled, 2 searching, 3 delivering power, 4 fault, 5 test, 6 other fault. */
const STATUS = `${PORT}.6`;

export default defineSnmpPdu({
  summary: "Ports of a PoE switch, whatever its make (RFC 3621)",
  sources: [
    "POWER-ETHERNET-MIB pethPsePortTable, pethMainPseConsumptionPower (RFC 3621)",
    "ENTITY-MIB entPhysicalSerialNum, entPhysicalModelName (RFC 6933)",
  ],
  // No sysObjectID of its own, and behind every PDU.
  match: { sysObjectID: [], probe: [`${PORT}.3`], rank: 0 },
  // No names: nothing says which ifIndex a port has, and where both count alike a name may be another port's.
  index: ["group", "port"],
  // pethPsePortAdminEnable is a TruthValue: off is 2. It says what is allowed; the status whether power is delivered.
  read: { oid: `${PORT}.3`, on: [1], off: [2] },
  remarks: [
    { oid: STATUS, values: [3], against: "off", note: "it still delivers power", doubt: true },
    { oid: STATUS, values: [4, 6], note: "fault: no power is delivered" },
    { oid: STATUS, values: [1, 2, 5], against: "on", note: "no power is drawn" },
  ],
  // No cycle.
  write: { on: { oid: `${PORT}.3`, value: 1 }, off: { oid: `${PORT}.3`, value: 2 } },
  model: `${ENTITY}.13`,
  serial: `${ENTITY}.11`,
  totalWatts: [{ oid: "1.3.6.1.2.1.105.1.3.1.1.4" }],
  settle: seconds(10),
});
