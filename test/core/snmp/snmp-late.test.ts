import { expect, test } from "vitest";
import { MockSnmpPdu } from "../../../mocks/snmp-pdu.ts";
import { openSnmpPdu } from "../../../src/core/snmp/snmp-pdu.ts";
import { type OpenWire, openSession } from "../../../src/core/snmp/snmp-wire.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { OobError } from "../../../src/lib/errors.ts";
import { shippedProfiles } from "./shipped-profiles.ts";

const profiles = await shippedProfiles();

/** Families that ask the device before they tell it: a list, marks of others, names of variables. */
test.each(["digipower", "wti", "rittal-cmc3"])(
  "command() of %s sends nothing once whoever asked was told that no answer came",
  async (name) => {
    const family = profiles.get(name);
    if (!family) throw new Error(`no profile ${name}`);
    const clock = systemClock;
    const mock = await MockSnmpPdu.start({ family, outlets: 4, clock });
    let asked = () => {};
    const open: OpenWire = (...all) => {
      const wire = openSession(...all);
      const getBulk = wire.getBulk.bind(wire);
      wire.getBulk = ((...request: Parameters<typeof getBulk>) => {
        asked();
        return getBulk(...request);
      }) as typeof wire.getBulk;
      const get = wire.get.bind(wire);
      wire.get = (...request) => {
        asked();
        return get(...request);
      };
      return wire;
    };
    const login = { version: "2c", community: "private" } as const;
    const target = { host: "127.0.0.1", port: mock.port, login, timeout: 1000, tries: 2 };
    const pdu = await openSnmpPdu(target, new Map([[name, family]]), clock, open);
    try {
      const [instance = ""] = (await pdu.read()).outlets.map((outlet) => outlet.instance);
      await pdu.command(instance, "off", new AbortController().signal);
      const sent = mock.sets.length;
      expect(sent).toBeGreaterThan(0);
      const late = new AbortController();
      asked = () => late.abort(new OobError("PDU_SILENT", "no answer"));
      await expect(pdu.command(instance, "on", late.signal)).rejects.toMatchObject({
        code: "PDU_SILENT",
      });
      expect(mock.sets).toHaveLength(sent);
    } finally {
      await pdu.close();
      await mock.close();
    }
  },
);
