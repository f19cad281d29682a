import { defineSnmpPdu, seconds } from "oob/sdk";

const OUTLET = "1.3.6.1.4.1.318.1.1.6.7.1.1";

export default defineSnmpPdu({
  summary: "APC MasterSwitch Plus (AP9225 and chained AP9225EXP), read only",
  sources: ["PowerNet-MIB sPDUOutletStatusMSPTable, sPDUOutletControlMSPTable"],
  match: { sysObjectID: ["1.3.6.1.4.1.318.1.3.4.4"], probe: [`${OUTLET}.5`], rank: 15 },
  index: ["unit", "outlet"],
  name: `${OUTLET}.4`,
  read: { oid: `${OUTLET}.5`, on: [1], off: [2] },
  pending: { oid: `${OUTLET}.6`, values: [1] },
  // The MIB has unit.outlet; known programs write unit.1.outlet, or the outlet alone. (1 on, 3 off; 2 is a late on.)
  readOnlyBecause: "it is not certain which index its command table has",
  // sPDUOutletCtlMSPOutletCommand with the index that PowerNet-MIB gives it.
  unproven: {
    on: { oid: "1.3.6.1.4.1.318.1.1.6.5.1.1.5", value: 1 },
    off: { oid: "1.3.6.1.4.1.318.1.1.6.5.1.1.5", value: 3 },
  },
  settle: seconds(10),
});
