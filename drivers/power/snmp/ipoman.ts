import { defineSnmpPdu, seconds } from "oob/sdk";

const POM = "1.3.6.1.4.1.2468.1.4.2.1.3";
const STATUS = `${POM}.2.3.1`;
const COMMAND = `${POM}.2.4.1.2`;

export default defineSnmpPdu({
  summary: "Ingrasys and Generex iPoMan II (1201, 1202, 1212)",
  sources: [
    "IPOMANII-MIB ipmOutletStatusTable, ipmOutletControlTable, ipmOutletConfigTable",
    "a walk with names and currents",
  ],
  match: {
    sysObjectID: ["1.3.6.1.4.1.2468.1.4.2.1"],
    probe: [`${STATUS}.2`, `${POM}.2.2.1.2`],
    rank: 20,
  },
  index: ["outlet"],
  name: `${POM}.2.2.1.2`,
  read: {
    oid: `${STATUS}.2`,
    on: [3],
    off: [2],
    pending: [4, 5, 6],
    notes: { "1": "unknown to the device", "4": "going on", "5": "going off", "6": "cycling" },
  },
  // The state's 3 is on, and so is the command's; its 4 is off.
  write: {
    on: { oid: COMMAND, value: 3 },
    off: { oid: COMMAND, value: 4 },
    cycle: { oid: COMMAND, value: 5 },
  },
  outletAmps: { oid: `${STATUS}.3`, scale: 0.001 },
  lineAmps: { oid: `${POM}.1.3.1.3`, scale: 0.001 },
  settle: seconds(10),
});
