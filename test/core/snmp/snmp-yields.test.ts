import { expect, test } from "vitest";
import family from "../../../drivers/power/snmp/apc-rpdu2.ts";
import { MockSnmpPdu } from "../../../mocks/snmp-pdu.ts";
import { openSnmpPdu } from "../../../src/core/snmp/snmp-pdu.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { OobError } from "../../../src/lib/errors.ts";

test("read() that yields ends after the request under way, and the session goes on", async () => {
  const clock = systemClock;
  const mock = await MockSnmpPdu.start({ family, outlets: 24, clock, access: { read: "public" } });
  const login = { version: "2c", community: "public" } as const;
  const target = { host: "127.0.0.1", port: mock.port, login, timeout: 2000, tries: 2 };
  const pdu = await openSnmpPdu(target, new Map([["apc-rpdu2", family]]), clock);
  try {
    expect((await pdu.read(new AbortController().signal)).outlets).toHaveLength(24);
    const yields = new AbortController();
    const reading = pdu.read(yields.signal);
    yields.abort(new OobError("INTERRUPTED", "others wait"));
    await expect(reading).rejects.toMatchObject({ code: "INTERRUPTED" });
    expect(await pdu.readOutlet("3")).toMatchObject({ state: "on" });
    expect((await pdu.read()).outlets).toHaveLength(24);
  } finally {
    await pdu.close();
    await mock.close();
  }
});
