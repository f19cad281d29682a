import { defineSnmpPdu, seconds } from "oob/sdk";

// One subtree for each PDU of a chain, A to D.
const PDU = "1.3.6.1.4.1.42610.1.4.4.1.6.2.{0}";
const OUTLET = `${PDU}.2.1`;

export default defineSnmpPdu({
  summary: "Powertek, Bladeshelter and Black Box re-brands (PDU A to D on one agent), read only",
  sources: [
    "PWTv1-MIB and SPSv1-MIB: outlet status and configuration tables, pduIdentSerialNumber",
  ],
  match: { sysObjectID: ["1.3.6.1.4.1.42610.1.4.4"], probe: [`${OUTLET}.2`], rank: 20 },
  index: ["pdu", "outlet"],
  units: [1, 2, 3, 4],
  name: `${PDU}.3.1.2`,
  read: { oid: `${OUTLET}.2`, on: [2], off: [1] },
  // 3 is "on, later" in the one MIB and "off, now" in the other, in the same object.
  readOnlyBecause: "two generations of its MIB give the same commands opposite meanings",
  // PWTv1: 2 on, 4 off. In SPSv1 the same numbers are on and off after a delay, so neither turns into the other.
  unproven: {
    on: { oid: `${PDU}.4.1.2`, value: 2 },
    off: { oid: `${PDU}.4.1.2`, value: 4 },
  },
  serial: "1.3.6.1.4.1.42610.1.4.4.1.1.2.0",
  firmware: "1.3.6.1.4.1.42610.1.4.4.1.1.1.0",
  outletAmps: { oid: `${OUTLET}.3`, scale: 0.01 },
  outletWatts: { oid: `${OUTLET}.5`, scale: 0.1 },
  settle: seconds(10),
});
