import { expect, test } from "vitest";
import snmp from "../../../drivers/power/snmp.ts";
import { MockSnmpPdu } from "../../../mocks/snmp-pdu.ts";
import { readOptions } from "../../../src/config/option-values.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { OobError } from "../../../src/lib/errors.ts";
import type { OptionValues } from "../../../src/sdk/options.ts";
import type { SnmpTarget } from "../../../src/sdk/snmp-profile.ts";
import { shippedProfiles } from "../../core/snmp/shipped-profiles.ts";
import { contextWith } from "./context.ts";

const SECRETS = { "pdu-a": "private", "url-0abc": "private", auth: "authpass1", priv: "privpass1" };

type Given = Record<string, unknown> & { readonly community?: string };

/** Options as configuration reads them; a community in a URL becomes a secret of a reserved name. */
function read({ community, ...raw }: Given): OptionValues {
  const { values, problems } = readOptions(snmp.options, raw);
  expect(problems).toEqual([]);
  return community === undefined ? values : { ...values, community: { secret: community } };
}

/** What the driver asks core to open. */
async function targetOf(raw: Given): Promise<SnmpTarget> {
  const values = read({ host: "pdu1", ...raw });
  let seen: SnmpTarget | undefined;
  const context = {
    ...contextWith(SECRETS),
    snmp: (target: SnmpTarget) => {
      seen = target;
      return Promise.reject(new OobError("INTERNAL", "stop"));
    },
  };
  await snmp.open(values, context).catch((error: unknown) => {
    if (!seen) throw error;
  });
  if (!seen) throw new Error("nothing was opened");
  return seen;
}

test("a community from a URL is consent to clear text; one from the configuration is not", async () => {
  expect(await targetOf({ community: "url-0abc", version: "1" })).toMatchObject({
    port: 161,
    timeout: 2000,
    tries: 3,
    login: { version: "1", community: "private" },
  });
  await expect(targetOf({ community: "pdu-a", version: "2c" })).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: expect.stringContaining("clear text"),
  });
  expect(await targetOf({ community: "pdu-a", insecure: true })).toMatchObject({
    login: { version: "2c", community: "private" },
  });
});

test("version 3 fetches its secrets by name, and wants authentication", async () => {
  const user = { user: "oob", auth: "secret:auth", priv: "secret:priv" };
  expect(
    (await targetOf({ ...user, "auth-protocol": "sha512", "priv-protocol": "aes256b" })).login,
  ).toEqual({
    version: "3",
    user: "oob",
    auth: { protocol: "sha512", secret: "authpass1" },
    priv: { protocol: "aes256b", secret: "privpass1" },
  });
  await expect(targetOf({ user: "oob" })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  await expect(targetOf({ user: "oob", priv: "secret:priv" })).rejects.toMatchObject({
    code: "CONFIG_INVALID",
  });
  await expect(targetOf({ version: "3" })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  expect((await targetOf({ user: "oob", insecure: true })).login).toEqual({
    version: "3",
    user: "oob",
  });
});

test("open() reaches a PDU through core's engine", async () => {
  const family = (await shippedProfiles()).get("apc-rpdu2");
  if (!family) throw new Error("no profile");
  const device = await MockSnmpPdu.start({ family, outlets: 4, clock: systemClock });
  const raw = { host: "127.0.0.1", port: device.port, community: "url-0abc" };
  const pdu = await snmp.open(read(raw), contextWith(SECRETS));
  await pdu.command("2", "off");
  expect((await pdu.read()).outlets.map(({ state }) => state)).toEqual(["on", "off", "on", "on"]);
  await pdu.close();
  await device.close();
});
