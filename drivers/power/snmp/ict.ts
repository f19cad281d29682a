import { defineSnmpPdu, seconds } from "oob/sdk";

const PANEL = "1.3.6.1.4.1.39145.10";
const OUTPUT = `${PANEL}.8.1`;

export default defineSnmpPdu({
  summary: "ICT distribution panels, 12, 24 and 48 V DC (ICT200DB-12IRC, ICT180S-12BRCP)",
  sources: [
    "ICT-PDU-MIB outputTable, outputCurrent",
    "walks of an ICT180S-12BRCP and an ICT200DB-12IRC",
  ],
  match: { sysObjectID: [PANEL], probe: [`${OUTPUT}.5`], rank: 20 },
  // Instances start at 0, and so does column 1.
  index: ["outlet"],
  firstIs: 1,
  name: `${OUTPUT}.2`,
  // What the relay was told: a blown fuse shows in column 4 only.
  read: { oid: `${OUTPUT}.5`, on: [1], off: [2] },
  remarks: [{ oid: `${OUTPUT}.4`, values: [2], note: "fuse blown" }],
  write: { on: { oid: `${OUTPUT}.5`, value: 1 }, off: { oid: `${OUTPUT}.5`, value: 2 } },
  model: `${PANEL}.1.0`,
  firmware: `${PANEL}.4.0`,
  // Text with a decimal point, in amperes.
  lineAmps: { oid: `${PANEL}.7.0` },
  settle: seconds(10),
});
