import { defineSnmpPdu, seconds } from "oob/sdk";

const VARIABLE = "1.3.6.1.4.1.2606.7.4.2.2.1";

export default defineSnmpPdu({
  summary: "Rittal CMC III and its PDUs (PDU switched and managed, PDU-Controller, PSM bars)",
  sources: [
    "RITTAL-CMC-III-MIB cmcIIIVarTable, cmcIIIUnitTable",
    "walks of a PDU-Controller with 30 sockets (V7.17.30) and of a CMC III PU",
  ],
  match: { sysObjectID: ["1.3.6.1.4.1.2606.7"], probe: [`${VARIABLE}.3`], rank: 20 },
  index: ["device", "variable"],
  dictionary: {
    names: `${VARIABLE}.3`,
    // "Sockets.Socket 01.General.Relay"; on PSM bars "...Plug1.Relay". "Output.Relay" is the unit's alarm contact.
    outlet: /^(?:Sockets\.Socket |.{0,80}\bPlug ?)(\d{1,3})(?:\.General)?\.Relay$/,
  },
  name: `${VARIABLE}.10#.DescName`,
  read: {
    oid: `${VARIABLE}.11#.Status`,
    on: [11],
    off: [10],
    notes: { "21": "lost", "37": "changed" },
    // A PSM bar says "ok" here; its relay tells.
    otherwise: { oid: `${VARIABLE}.11`, when: [4], map: { on: [1], off: [0] } },
  },
  // No cycle.
  write: {
    on: { oid: `${VARIABLE}.11`, value: 1 },
    off: { oid: `${VARIABLE}.11`, value: 0 },
  },
  model: "1.3.6.1.4.1.2606.7.4.1.2.1.2",
  serial: "1.3.6.1.4.1.2606.7.2.6.0",
  firmware: "1.3.6.1.4.1.2606.7.2.4.0",
  totalWatts: [
    {
      oid: `${VARIABLE}.11`,
      factor: `${VARIABLE}.7`,
      variable: /^Total\.Power\.Active\.Value$/,
    },
  ],
  lineAmps: {
    oid: `${VARIABLE}.11`,
    factor: `${VARIABLE}.7`,
    variable: /^Phase (L\d)\.Current\.Value$/,
  },
  settle: seconds(10),
});
