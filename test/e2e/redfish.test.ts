/**
 * Redfish end to end. Debian's sushy, the client of OpenStack Ironic, drives our mock first, so that it is no fantasy of
 * ours; then the product on the same mock, over TLS, with what vendors do as switches.
 */
import { execFile } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MOCK_CERTIFICATE } from "../../mocks/http-certificate.ts";
import { RedfishMock } from "../../mocks/redfish-service.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { TestSite } from "./rig/daemon.ts";

const PYTHON = "/usr/bin/python3";
const SUSHY = "/usr/lib/python3/dist-packages/sushy/__init__.py";
const missing = [PYTHON, SUSHY].filter((file) => !existsSync(file));
if (missing.length > 0)
  console.log(`not installed: python3-sushy (${missing.join(", ")}): skipped`);

const LOGIN = { user: "oob", password: "hunter2" };
const PIN = new X509Certificate(MOCK_CERTIFICATE.cert).fingerprint256;

/** Logs in, names the system, switches it off and on, and leaves. */
const SCRIPT = `
import sys, time, sushy, sushy.auth
way = getattr(sushy.auth, sys.argv[2])(username="oob", password="hunter2")
with way:
    system = sushy.Sushy(sys.argv[1], auth=way).get_system()
    print(system.uuid, system.serial_number, system.power_state.value)
    print(sorted(one.value for one in system.get_allowed_reset_system_values()))
    for wanted in (sushy.ResetType.FORCE_OFF, sushy.ResetType.ON):
        system.reset_system(wanted)
        system.refresh()
        print(system.power_state.value)
`;

describe.skipIf(missing.length > 0)("sushy drives our mock", () => {
  const mock = new RedfishMock(systemClock, LOGIN);
  let port = 0;

  beforeAll(async () => {
    port = await mock.http.listen();
  });
  afterAll(() => mock.http.close());

  test.each(["SessionAuth", "BasicAuth"])("by %s", async (way) => {
    mock.resets.length = 0;
    const url = `http://127.0.0.1:${port}`;
    const { stdout } = await promisify(execFile)(PYTHON, ["-c", SCRIPT, url, way]);
    const [first, allowed, off, on] = stdout.trim().split("\n");
    expect(first).toBe(`${mock.machines[0]?.uuid} CZ1 On`);
    expect(allowed).toContain("'ForceOff', 'ForceOn', 'ForceRestart', 'GracefulRestart'");
    expect([off, on]).toEqual(["Off", "On"]);
    expect(mock.resets).toEqual(["ForceOff", "On"]);
    expect(mock.sessions.size).toBe(0);
  });
});

describe("oob", () => {
  const mock = new RedfishMock(systemClock, LOGIN, { ids: ["System.Embedded.1"], tls: true });
  let site: TestSite;

  beforeAll(async () => {
    const port = await mock.http.listen();
    const at = `driver: redfish, host: 127.0.0.1, port: ${port}, user: oob, settle: 3s`;
    site = new TestSite(
      `pdus:
  bmc1: { ${at}, password: secret:bmc, pin: "sha256:${PIN}" }
  bmc2: { ${at}, password: secret:bmc }
  bmc3: { ${at}, password: secret:old, pin: "sha256:${PIN}" }
hosts:
  web1: { console: "tcp://127.0.0.1:9", outlets: bmc1/System.Embedded.1, off-for: 1s }
  web2: { console: "tcp://127.0.0.1:9", outlets: bmc2/System.Embedded.1 }
  web3: { console: "tcp://127.0.0.1:9", outlets: bmc3/System.Embedded.1 }
  web4: { console: "tcp://127.0.0.1:9", outlets: bmc1/System.Embedded.7 }
`,
      { bmc: LOGIN.password, old: "of-last-year" },
    );
  });

  afterAll(async () => {
    await site?.stop();
    await mock.http.close();
  });

  test("power status, cycle with a state that follows late, and no session is left", async () => {
    Object.assign(mock.oddities, {
      lateBy: 1500,
      says: "pending",
      success: 202,
      lists: "action-info",
    });
    const status = await site.run("power", "status", "web1", "--json");
    expect(JSON.parse(status.stdout)).toMatchObject({ host: "web1", power: "on" });
    const { code, stdout, stderr } = await site.run("power", "cycle", "web1", "--yes");
    expect(stdout).toContain("cycle: power on  done");
    expect(stderr).toContain("bmc1/System.Embedded.1 off");
    expect(code).toBe(0);
    expect(mock.resets).toEqual(["ForceOff", "On"]);
    expect(mock.sessions.size).toBe(0);
  });

  test("power off of a service that says yes and does nothing fails, and exits 1", async () => {
    Object.assign(mock.oddities, { liar: true, success: 204, lateBy: 0 });
    const { code, stdout } = await site.run("power", "off", "web1", "--yes");
    mock.oddities.liar = false;
    expect(stdout).toContain("took the command and still reads on");
    expect(code).toBe(1);
  });

  test("a certificate that nobody signed, a wrong password, a system that is not there: all are said", async () => {
    const [pinless, wrong, none] = await Promise.all(
      ["web2", "web3", "web4"].map((host) => site.run("power", "status", host)),
    );
    expect(pinless?.stdout).toContain(`sha256:${PIN.replaceAll(":", "").toLowerCase()}`);
    expect(wrong?.stdout).toMatch(/Cannot log in to redfish bmc3 \(127\.0\.0\.1:\d+\) as "oob"/);
    expect(none?.stdout).toContain("it has System.Embedded.1");
    for (const one of [pinless, wrong, none]) {
      expect(one?.code).not.toBe(0);
      expect(`${one?.stdout}${one?.stderr}`).not.toMatch(/hunter2|of-last-year/);
    }
  });
});
