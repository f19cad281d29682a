import { defineSnmpPdu, seconds } from "oob/sdk";

const PORT = "1.3.6.1.4.1.34097.9.80.1.1";

export default defineSnmpPdu({
  summary: "Racktivity ES and AC2 (ES7xxx-8, PM0816), read only",
  sources: [
    "ES-RACKTIVITY-MIB ePowerTable, CURPORTSTATE (revision of 2014-04-23)",
    "comments with values of real units in Observium's Racktivity discovery; a script that reads an eight-port unit by instances 1.2 to 1.7",
  ],
  match: { sysObjectID: ["1.3.6.1.4.1.34097.9"], probe: [`${PORT}.8`], rank: 20 },
  // Instances of real units end in 0 to 7; what is printed beside the first port no source says.
  index: ["module", "port"],
  name: `${PORT}.10034`,
  // What the port is, not what it was told (10035). Bit 0: on; 1 and 2: warnings; 3: an error; 4: it comes on later.
  read: {
    oid: `${PORT}.8`,
    on: [1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23],
    off: [0, 2, 4, 6],
    pending: [16, 18, 20, 22],
    notes: {
      ...{ "8": "off, with an error", "10": "off, with an error", "12": "off, with an error" },
      ...{ "14": "off, with an error", "16": "off, comes on later", "18": "off, comes on later" },
      ...{ "20": "off, comes on later", "22": "off, comes on later" },
    },
  },
  readOnlyBecause: "its MIB counts modules and ports from 1, its units count ports from 0",
  // With the instances that the table answers. Its 2 is a cycle.
  unproven: {
    on: { oid: `${PORT}.10035`, value: 1, type: "gauge" },
    off: { oid: `${PORT}.10035`, value: 0, type: "gauge" },
  },
  delays: { on: `${PORT}.10037`, unitMs: seconds(1) },
  outletAmps: { oid: `${PORT}.6`, scale: 0.001 },
  outletWatts: { oid: `${PORT}.7` },
  outletKwh: { oid: `${PORT}.9`, scale: 0.001 },
  totalWatts: [{ oid: `${PORT}.18` }],
  settle: seconds(15),
});
