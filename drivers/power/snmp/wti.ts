import { defineSnmpPdu, seconds } from "oob/sdk";

const POWER = "1.3.6.1.4.1.2634.3";
const PLUG = `${POWER}.100.200.1`;

export default defineSnmpPdu({
  summary: "WTI and Black Box re-brands (MPC, NPS, VMR, RSM-8R8, DSM with plugs)",
  sources: [
    "WTI-POWER-MIB plugTable, environmentTables",
    "WTI user guides, chapter 13.4: values of plugAction",
    "a walk of one",
  ],
  match: {
    sysObjectID: ["1.3.6.1.4.1.2634"],
    probe: [`${PLUG}.3`],
    rank: 20,
  },
  // Plugs of attached units follow; column 2 has what is printed.
  index: ["row"],
  name: `${PLUG}.5`,
  label: `${PLUG}.2`,
  read: { oid: `${PLUG}.3`, on: [1], off: [0] },
  // 1 to 4 only mark a plug; 5 to 8 act, and carry out every mark, somebody else's too.
  write: {
    on: { oid: `${PLUG}.4`, value: 5 },
    off: { oid: `${PLUG}.4`, value: 6 },
    cycle: { oid: `${PLUG}.4`, value: 7 },
    unlessAny: { oid: `${PLUG}.4`, values: [1, 2, 3, 4] },
  },
  serial: `${POWER}.200.10.1.27`,
  firmware: `${POWER}.200.10.1.28`,
  outletAmps: { oid: `${PLUG}.7`, scale: 0.1 },
  outletWatts: { oid: `${PLUG}.8` },
  totalWatts: [{ oid: `${POWER}.200.70.0` }],
  lineAmps: { oid: `${POWER}.200.60.0`, scale: 0.1 },
  settle: seconds(15),
});
