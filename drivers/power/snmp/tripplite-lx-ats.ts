import { defineSnmpPdu, seconds } from "oob/sdk";

const ATS = "1.3.6.1.4.1.850.1.1.3.4";
const OUTLET = `${ATS}.3.3.1.1`;

export default defineSnmpPdu({
  summary:
    "Tripp Lite (Eaton) transfer-switch PDUs with PowerAlert LX (PDUMH20ATNET, PDUMH..ATNETLX)",
  sources: ["TRIPPLITE-PRODUCTS tlpAtsOutletTable, tlpAtsOutputTable", "a walk of one"],
  // The plain PDU has the same sysObjectID and other tables.
  match: { sysObjectID: ["1.3.6.1.4.1.850.1.1.1"], probe: [`${OUTLET}.4`], rank: 30 },
  index: ["device", "outlet"],
  name: `${OUTLET}.2`,
  read: { oid: `${OUTLET}.4`, on: [2], off: [1], notes: { "0": "unknown to the device" } },
  switchable: { oid: `${OUTLET}.5`, yes: [1] },
  write: {
    on: { oid: `${OUTLET}.6`, value: 2 },
    off: { oid: `${OUTLET}.6`, value: 1 },
    cycle: { oid: `${OUTLET}.6`, value: 3 },
  },
  model: "1.3.6.1.4.1.850.1.1.1.2.1.5",
  // tlpDeviceIdentSerialNum, tlpDeviceIdentFirmwareVersion.
  serial: "1.3.6.1.4.1.850.1.1.2.1.1.5",
  firmware: "1.3.6.1.4.1.850.1.1.2.1.1.4",
  outletAmps: { oid: `${OUTLET}.8`, scale: 0.01 },
  outletWatts: { oid: `${OUTLET}.9` },
  totalWatts: [{ oid: `${ATS}.3.2.1.1.13`, scale: 10 }],
  settle: seconds(10),
});
