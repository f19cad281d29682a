import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { MockAccess } from "../../mocks/snmp-agent.ts";
import { MockSnmpPdu } from "../../mocks/snmp-pdu.ts";
import { MockSnmpRecording } from "../../mocks/snmp-recording.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { shippedProfiles } from "../core/snmp/shipped-profiles.ts";
import { RunningCli } from "./run-cli.ts";

const profiles = await shippedProfiles();
let folder: string;
const cleanup: (() => Promise<void>)[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "oob-scan-"));
});
afterEach(async () => {
  for (const close of cleanup.splice(0)) await close();
  rmSync(folder, { recursive: true, force: true });
});

async function mock(name: string, access: MockAccess = { read: "public" }): Promise<MockSnmpPdu> {
  const family = profiles.get(name);
  if (!family) throw new Error(name);
  const device = await MockSnmpPdu.start({
    ...{ family, outlets: 8, clock: systemClock, access },
    names: ["web1.example", "Outlet 2"],
    serial: "5A0619E05333",
  });
  cleanup.push(() => device.close());
  return device;
}

/** A switch: SNMP, no outlet. */
async function stranger(): Promise<MockSnmpRecording> {
  const device = await MockSnmpRecording.start(
    [
      "1.3.6.1.2.1.1.1.0|4|ACME switch 48 ports, S/N: AB12345",
      "1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.99999.7",
      "1.3.6.1.2.1.1.4.0|4|jana@example.com",
      "1.3.6.1.2.1.1.5.0|4|sw1.mgmt.example",
      "1.3.6.1.4.1.99999.1.1.0|4|AB12345",
      "1.3.6.1.4.1.99999.1.2.0|64|10.1.2.3",
      "1.3.6.1.4.1.99999.1.3.10.1.2.3|4|s3cret-trap",
      "1.3.6.1.4.1.99999.1.4.5.97.100.109.105.110|2|1",
      "1.3.6.1.4.1.99999.1.5.0|4x|0004ac17fe01",
      "1.3.6.1.4.1.99999.1.6.0|70|18446744073709551615",
      "1.3.6.1.4.1.99999.1.7.0|4|seen at 00:04:ac:17:fe:01 by sw1",
      "1.3.6.1.4.1.99999.1.8.0|4|Outlet 12",
    ].join("\n"),
  );
  cleanup.push(() => device.close());
  return device;
}

async function run(...argv: string[]) {
  const cli = new RunningCli(["pdu", ...argv], {
    clock: systemClock,
    env: { HOME: folder, COMMUNITY: "topsecret" },
    stdoutTty: true,
    columns: 100,
  });
  const code = await cli.code;
  return { code, stdout: cli.stdout, stderr: cli.stderr };
}

const plain = (text: string) => text.replace(/\u001b\[\d+m/g, "");

describe("oob pdu scan", () => {
  test("names family, serial number and outlets of what answers, and says of the rest what it may be", async () => {
    const pdu = await mock("apc-rpdu2");
    const other = await stranger();
    const silent = await mock("sentry3", { read: "other" });
    const at = (port: number) => `127.0.0.1:${port}`;
    const words = [pdu.port, other.port, silent.port].map(at);
    const { code, stdout, stderr } = await run("scan", ...words);
    expect(code).toBe(0);
    const [, first = "", second = ""] = plain(stdout).split("\n");
    expect(first).toMatch(/^127\.0\.0\.1:\d+ +apc-rpdu2 +8 +5A0619E05333 +/);
    expect(second).toMatch(/unknown .*ACME switch 48 ports/);
    for (const line of plain(stdout).split("\n")) expect(line.length).toBeLessThanOrEqual(100);
    expect(plain(stderr)).toContain(`no answer from 1 address: ${at(silent.port)}`);
    expect(plain(stderr)).toContain('is silent, or does not know community "public"');
    expect(plain(stderr)).toContain(`oob pdu capture ${at(other.port)} -o `);
  });

  test("--json has every address, and what it answered", async () => {
    const pdu = await mock("sentry4");
    const other = await stranger();
    const { code, stdout } = await run(
      ...["scan", "--json", `127.0.0.1:${pdu.port},127.0.0.1:${other.port}`],
    );
    expect(code).toBe(0);
    const { v, devices } = JSON.parse(stdout);
    expect(v).toBe(1);
    expect(devices).toEqual([
      expect.objectContaining({ answer: "pdu", family: "sentry4", outlets: 8, port: pdu.port }),
      {
        address: "127.0.0.1",
        port: other.port,
        answer: "other",
        sysObjectID: "1.3.6.1.4.1.99999.7",
        sysDescr: "ACME switch 48 ports, S/N: AB12345",
      },
    ]);
  });

  test("nothing at all answers: exit 7; nothing that we know: exit 1", async () => {
    const silent = await mock("sentry3", { read: "other" });
    expect(await run("scan", `127.0.0.1:${silent.port}`)).toMatchObject({ code: 7, stdout: "" });
    const other = await stranger();
    expect(await run("scan", `127.0.0.1:${other.port}`)).toMatchObject({ code: 1 });
  });

  test("a community is named, never shown: a variable, a file, or an error that says where to put it", async () => {
    const pdu = await mock("apc-rpdu2", { read: "topsecret" });
    const address = `127.0.0.1:${pdu.port}`;
    const found = await run("scan", address, "--community", "env:COMMUNITY");
    expect(found).toMatchObject({ code: 0 });
    expect(found.stdout + found.stderr).not.toContain("topsecret");
    const missing = await run("scan", address, "--community", "topsecret");
    expect(missing.code).toBe(2);
    expect(missing.stderr).toContain('Cannot find the secret "topsecret"');
  });

  test("version 3: a user with a password, or a plain word what is wrong", async () => {
    const user = { name: "oob", auth: { protocol: "sha", secret: "topsecret" } } as const;
    const pdu = await mock("apc-rpdu2", { user });
    const address = `127.0.0.1:${pdu.port}`;
    const right = await run("scan", address, "--user", "oob", "--auth", "env:COMMUNITY");
    expect(right).toMatchObject({ code: 0 });
    const wrong = await run("scan", address, "--user", "nobody", "--auth", "env:COMMUNITY");
    expect(wrong.code).toBe(1);
    expect(wrong.stdout).toContain("does not know this user");
    expect(await run("scan", address, "--user", "oob")).toMatchObject({ code: 2 });
  });

  test.each(["10.0.0.0/8", "pdu1,,pdu2", "10.0.0.300", "pdu[3-1]", "[::1", "a/24", "x:99999"])(
    "refuses %s",
    async (word) => {
      expect(await run("scan", word)).toMatchObject({ code: 2 });
    },
  );
});

describe("oob pdu capture", () => {
  test("writes a recording that plays back as the same outlets, mode 0600, and never over a file", async () => {
    const pdu = await mock("apc-rpdu2");
    const file = join(folder, "pdu.snmprec");
    const first = await run("capture", `127.0.0.1:${pdu.port}`, "-o", file);
    expect(first).toMatchObject({ code: 0 });
    expect(first.stdout).toContain("family apc-rpdu2");
    expect(first.stderr).toMatch(/replaced: .*serial number 1/);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const text = readFileSync(file, "utf8");
    expect(text).not.toMatch(/5A0619E05333|web1/);
    const player = await MockSnmpRecording.start(text);
    cleanup.push(() => player.close());
    const outlets = async (port: number) => {
      const { stdout } = await run("scan", "--json", `127.0.0.1:${port}`);
      return JSON.parse(stdout).devices[0];
    };
    expect(await outlets(player.port)).toMatchObject({ family: "apc-rpdu2", outlets: 8 });
    const again = await run("capture", `127.0.0.1:${pdu.port}`, "-o", file);
    expect(again).toMatchObject({ code: 5 });
    expect(again.stderr).toContain("it exists");
    writeFileSync(file, "old");
    expect(await run("capture", `127.0.0.1:${pdu.port}`, "-o", file, "--force")).toMatchObject({
      code: 0,
    });
    expect(readFileSync(file, "utf8")).toBe(text);
  });

  test("of a stranger nothing stays that tells whose it is", async () => {
    const other = await stranger();
    const file = join(folder, "other.snmprec");
    const { code, stdout } = await run("capture", `127.0.0.1:${other.port}`, "-o", file);
    expect(code).toBe(0);
    expect(stdout).toContain("none of our families");
    expect(readFileSync(file, "utf8").trim().split("\n")).toEqual([
      "1.3.6.1.2.1.1.1.0|4|ACME switch 48 ports, S/N: serial-number-1",
      "1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.99999.7",
      "1.3.6.1.2.1.1.4.0|4|contact-1",
      "1.3.6.1.2.1.1.5.0|4|host-name-1",
      "1.3.6.1.4.1.99999.1.1.0|4|serial-number-1",
      "1.3.6.1.4.1.99999.1.2.0|64|192.0.2.1",
      "1.3.6.1.4.1.99999.1.3.192.0.2.1|4|text-1",
      "1.3.6.1.4.1.99999.1.4.5.88.88.88.88.49|2|1",
      "1.3.6.1.4.1.99999.1.5.0|4x|020000000001",
      "1.3.6.1.4.1.99999.1.6.0|70|18446744073709551615",
      "1.3.6.1.4.1.99999.1.7.0|4|text-2",
      "1.3.6.1.4.1.99999.1.8.0|4|Outlet 12",
    ]);
  });

  test("says that it lacks a file, a PDU, or an answer", async () => {
    expect(await run("capture", "127.0.0.1")).toMatchObject({ code: 2 });
    expect(await run("capture", "-o", "x")).toMatchObject({ code: 2 });
    const silent = await mock("sentry3", { read: "other" });
    const url = `snmp://public@127.0.0.1:${silent.port}?timeout=100ms`;
    const none = await run("capture", url, "-o", join(folder, "none"));
    expect(none).toMatchObject({ code: 7 });
    expect(none.stderr).not.toContain("public@");
  });
});
