import { describe, expect, test } from "vitest";
import { bareConfig } from "../../src/config/bare-config.ts";
import { parseDeviceUrl, withUrl } from "../../src/config/url.ts";
import { catalog } from "./catalog.ts";

const parse = (url: string) => parseDeviceUrl(url, catalog);

describe("parseDeviceUrl()", () => {
  test("reads a path, with options behind the question mark", async () => {
    expect(await parse("serial:/dev/ttyUSB0?baud=115200")).toMatchObject({
      kind: "console",
      name: "serial-dev-ttyusb0",
      entry: {
        driver: "serial",
        options: { path: "/dev/ttyUSB0", baud: 115_200, format: "8n1" },
      },
    });
  });

  test("reads host and port, also of an IPv6 address", async () => {
    expect(await parse("telnet://ts1:7003")).toMatchObject({
      name: "telnet-ts1-7003",
      entry: { options: { host: "ts1", port: 7003 } },
    });
    expect((await parse("telnet://[fe80::1]:7003")).entry.options).toMatchObject({
      host: "fe80::1",
      port: 7003,
    });
  });

  test("takes a command as it stands, question marks and all", async () => {
    const { entry, name } = await parse("exec:virsh console vm1?x=1");
    expect(entry.options).toEqual({ command: "virsh console vm1?x=1" });
    expect(name).toMatch(/^exec-virsh-console-vm1-[0-9a-f]{8}$/);
  });

  test("keeps a community out of the options and out of the name", async () => {
    const target = await parse("snmp://public@pdu1:161?version=2c");
    expect(target).toMatchObject({ kind: "power", name: "snmp-pdu1-161" });
    const community = target.entry.options.community as { secret: string };
    expect(community.secret).toMatch(/^url-/);
    expect(target.secrets.get(community.secret)).toBe("public");
    expect(JSON.stringify(target.entry)).not.toContain("public");
    const config = withUrl(bareConfig({ HOME: "/home/jana" }), target);
    expect(config.pdus.get("snmp-pdu1-161")).toBe(target.entry);
    expect(config.urlSecrets?.get(community.secret)).toBe("public");
  });

  test("takes the user of SNMPv3 in front of the @", async () => {
    expect((await parse("snmp://oob@pdu1?version=3")).entry.options).toMatchObject({
      user: "oob",
      version: "3",
    });
  });

  test.each([
    ["telnet://ts1:99999", "USAGE", /whole number from 1 to 65535/],
    ["telnet://ts1:23?bauds=1", "USAGE", /unknown option "bauds"/],
    ["telnt://ts1:23", "DRIVER_UNKNOWN", /no driver "telnt"/],
    ["telnet:", "USAGE", /expected "\/\/host:port"/],
    ["serial:", "USAGE", /the path is missing/],
    ["snmp://oob:hunter2@pdu1", "USAGE", /process list/],
  ])("refuses %s", async (url, code, message) => {
    const error = await parse(url).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(String(error)).not.toContain("hunter2");
  });

  test("different devices have different names, however odd their addresses", async () => {
    const odd = [
      "serial:/dev/tty+1",
      "serial:/dev/tty-1",
      "serial:/dev/tty 1",
      `serial:/${"x".repeat(80)}`,
    ];
    const names = await Promise.all(odd.map(async (url) => (await parse(url)).name));
    expect(new Set(names).size).toBe(odd.length);
    for (const name of names) expect(name).toMatch(/^[a-z0-9][a-z0-9._-]{0,62}$/);
  });
});
