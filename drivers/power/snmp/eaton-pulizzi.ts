import { defineSnmpPdu, seconds } from "oob/sdk";

const PULIZZI = "1.3.6.1.4.1.20677.2";
/** More than any model has; the device says which of them it has not. */
const OUTLETS = 24;

export default defineSnmpPdu({
  summary: "Eaton switched ePDU by Pulizzi, with blue or yellow display (IPV3xxx, Z and TPC lines)",
  sources: ["EATON-EPDU-PU-SW-MIB: outlet status, control and configuration groups"],
  // Some firmwares say 20677.1 and have their data under 20677.2.
  match: {
    sysObjectID: ["1.3.6.1.4.1.20677.1", PULIZZI],
    probe: [`${PULIZZI}.6.3`],
    rank: 20,
  },
  index: ["outlet", "scalar"],
  scalars: Array.from({ length: OUTLETS }, (_, i) => `${i + 1}.0`),
  name: `${PULIZZI}.6.1.{n}.1.0`,
  read: { oid: `${PULIZZI}.6.3`, on: [1], off: [2], absent: [0] },
  // Command 1 is "all outlets", so that the command of an outlet has the next number.
  write: {
    on: { oid: `${PULIZZI}.6.2.{n+1}.0`, value: 1 },
    off: { oid: `${PULIZZI}.6.2.{n+1}.0`, value: 2 },
    cycle: { oid: `${PULIZZI}.6.2.{n+1}.0`, value: 3 },
  },
  cyclesAlone: true,
  delays: { cycle: `${PULIZZI}.6.1.{n}.5.0`, unitMs: seconds(1) },
  lineAmps: { oid: `${PULIZZI}.8.6.4.2.0` },
  settle: seconds(10),
});
