import { expect, test } from "vitest";
import type { DeviceEntry } from "../../../src/config/site-config.ts";
import { clearTextOf } from "../../../src/core/site/clear-text.ts";

const clear = { driver: "snmp", options: { insecure: true } };
const closed = { driver: "snmp", options: { insecure: false } };
const through = {
  driver: "serial-pdu",
  options: {},
  via: { driver: "telnet", options: {}, via: clear },
};
const pdus = new Map<string, DeviceEntry>([
  ["open", clear],
  ["shut", closed],
  ["behind", through],
]);
const outlets = (...names: string[]) => names.map((pdu) => ({ pdu, reference: "1" }));

test("clearTextOf() names the console and each PDU that is reached so, itself or by what leads to it", () => {
  const host = { console: closed, outlets: outlets("shut", "open", "open", "behind", "unknown") };
  expect(clearTextOf(host, pdus)).toEqual({ insecure: ["open", "behind"] });
  expect(clearTextOf({ console: through, outlets: [] }, pdus)).toEqual({ insecure: ["console"] });
  expect(clearTextOf({ console: closed, outlets: outlets("shut") }, pdus)).toEqual({});
});
