import { defineSnmpPdu, seconds } from "oob/sdk";

const RELAY = "1.3.6.1.4.1.25728.5500.5.1";

export default defineSnmpPdu({
  summary: "NetPing with relays (PWR-220, 2/PWR, 4/PWR, UniPing)",
  sources: ["DKSF-70-6-X-X-1 npRelayTable"],
  match: { sysObjectID: ["1.3.6.1.4.1.25728"], probe: [`${RELAY}.15`], rank: 20 },
  index: ["relay"],
  name: `${RELAY}.6`,
  read: { oid: `${RELAY}.15`, on: [1], off: [0] },
  // A relay that the device's own watchdog or schedule switches leaves that mode at a write; two watchdogs would fight.
  remarks: [
    { oid: `${RELAY}.2`, values: [2, 4], note: "the device's own watchdog switches it" },
    { oid: `${RELAY}.2`, values: [3, 5], note: "the device's own schedule or logic switches it" },
  ],
  locked: { oid: `${RELAY}.2`, values: [2, 3, 4, 5] },
  // -1 toggles: it is never sent.
  write: {
    on: { oid: `${RELAY}.2`, value: 1 },
    off: { oid: `${RELAY}.2`, value: 0 },
    cycle: { oid: `${RELAY}.3`, value: 1 },
  },
  settle: seconds(10),
});
