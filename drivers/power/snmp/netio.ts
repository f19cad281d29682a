import { defineSnmpPdu, seconds } from "oob/sdk";

const NETIO = "1.3.6.1.4.1.47952.1";
const OUTPUT = `${NETIO}.1.1`;

export default defineSnmpPdu({
  summary: "NETIO 4 and PowerPDU (4All, 4C, PowerPDU 4C, PowerPDU 8QS)",
  sources: ["NETIO-PRODUCTS-NETIO-MIB netioOutputsTable, netioTotals"],
  match: { sysObjectID: ["1.3.6.1.4.1.47952"], probe: [`${OUTPUT}.3`], rank: 20 },
  index: ["outlet"],
  name: `${OUTPUT}.2`,
  read: { oid: `${OUTPUT}.3`, on: [1], off: [0] },
  // 4 toggles: it is never sent.
  write: {
    on: { oid: `${OUTPUT}.5`, value: 1 },
    off: { oid: `${OUTPUT}.5`, value: 0 },
    cycle: { oid: `${OUTPUT}.5`, value: 2 },
  },
  // No loads: models without meters read 0.
  settle: seconds(10),
});
