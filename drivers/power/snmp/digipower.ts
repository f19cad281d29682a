import { defineSnmpPdu, seconds } from "oob/sdk";

const PDU = "1.3.6.1.4.1.17420.1.2.9.1";

export default defineSnmpPdu({
  summary: "DigiPower, Lindy 32657 and other brands of it (SWH, SWV): the first unit of a chain",
  sources: [
    "DigiPower-PDU-MIB pdu01OutletStatus, pdu01OutletConfig, pdu01Value",
    "walk of a SWV-1623K-24N1",
  ],
  match: { sysObjectID: ["1.3.6.1.4.1.17420"], probe: [`${PDU}.13`], rank: 20 },
  index: ["place"],
  // "OutletA,0,0,0,0": the name, then four settings.
  name: `${PDU}.14.{n}.0`,
  nameUntil: ",",
  read: {
    oid: `${PDU}.13.0`,
    list: true,
    on: [1],
    off: [0],
    absent: [-1],
    notes: { "-2": "fault" },
  },
  // The whole list is written. It has no cycle.
  write: { on: { oid: `${PDU}.13.0`, value: 1 }, off: { oid: `${PDU}.13.0`, value: 0 } },
  model: `${PDU}.19.0`,
  // It has no serial number; this is its MAC address, as text.
  serial: "1.3.6.1.4.1.17420.1.2.3.0",
  firmware: "1.3.6.1.4.1.17420.1.2.4.0",
  lineAmps: { oid: `${PDU}.11.0`, scale: 0.1 },
  settle: seconds(10),
});
