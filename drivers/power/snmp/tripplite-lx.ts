import { defineSnmpPdu, seconds } from "oob/sdk";

const PDU = "1.3.6.1.4.1.850.1.1.3.2";
const OUTLET = `${PDU}.3.3.1.1`;

export default defineSnmpPdu({
  summary: "Tripp Lite (Eaton) PDUs with PowerAlert LX (PDUMH..NETLX, PDUMV..NETLX)",
  sources: [
    "TRIPPLITE-PRODUCTS tlpPduOutletTable, tlpPduDeviceTable, tlpPduInputPhaseTable",
    "walk of a PDUMV30HVNETLX (PowerAlert 20.2.1)",
  ],
  match: { sysObjectID: ["1.3.6.1.4.1.850.1.1.1"], probe: [`${OUTLET}.4`], rank: 30 },
  index: ["device", "outlet"],
  name: `${OUTLET}.2`,
  read: { oid: `${OUTLET}.4`, on: [2], off: [1], notes: { "0": "unknown to the device" } },
  switchable: { oid: `${OUTLET}.5`, yes: [1] },
  // 2 on, 1 off: exchanged against APC's. It always reads 0.
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
  totalWatts: [{ oid: `${PDU}.2.1.1.9` }],
  lineAmps: { oid: `${PDU}.3.1.2.1.7`, scale: 0.01 },
  settle: seconds(10),
});
