import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { MOCK_CERTIFICATE } from "../../mocks/http-certificate.ts";
import { sendToAnchor } from "../../src/core/anchor/anchor-send.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { SigningSite } from "../core/anchor/anchor-kit.ts";
import { openPty } from "../pty.ts";
import { RunningCli, runCli } from "./run-cli.ts";

const newFolder = () => mkdtempSync(join(tmpdir(), "oob-receive-"));
const PIN = "8de5741ba6075d0e8f43686f02d4156f680b22d1c4ace2039d5d1160d094d8d5";

/** Runs `oob anchor receive` with these lines on its stdin. */
function receive(into: string, lines: readonly string[], ...more: string[]) {
  const running = new RunningCli(["anchor", "receive", "--into", into, ...more]);
  running.stdin.end(lines.map((line) => `${line}\r\n`).join(""));
  return running;
}

test("oob anchor receive keeps what comes on stdin, in files that oob log verify --anchor reads", async () => {
  const site = new SigningSite();
  const into = newFolder();
  const lines = [site.sign("web1", 4), site.sign("web1", 9), site.sign("db1", 2)];
  const good = receive(into, [...site.keys, ...lines.map((line) => `Nov 22 box oob: ${line}`)]);
  expect(await good.code).toBe(0);
  expect(good.stderr).toMatch(/^site [0-9a-f]{16}, first key known ed25519:/);
  expect(good.stderr).toContain("3 checkpoints kept, 0 lines known before, 0 damaged, 0 alarms\n");
  expect(readFileSync(join(into, site.site, "web1.anchor"), "latin1")).toBe(
    `${lines[0]}\n${lines[1]}\n`,
  );
});

test("oob anchor receive tells a log that went backwards: ALARM, a command, exit code 1", async () => {
  const site = new SigningSite();
  const into = newFolder();
  const rung = join(into, "rung");
  await receive(into, [...site.keys, site.sign("web1", 9)]).code;
  const bad = receive(
    into,
    [site.sign("web1", 5), "oob-checkpoint-v1 torn"],
    "--on-alarm",
    `tee "${rung}"`,
  );
  expect(await bad.code).toBe(1);
  const alarm = `ALARM web1@${site.site}: it went backwards: 5 entries, and 9 were known\n`;
  expect(bad.stdout).toBe(alarm);
  expect(bad.stderr).toContain("1 damaged, 1 alarms");
  expect(readFileSync(rung, "utf8")).toBe(alarm);
  expect(readFileSync(join(into, "alarms"), "utf8")).toContain(alarm);
  const json = receive(into, [site.sign("web1", 4)], "--json");
  expect(await json.code).toBe(1);
  const [first, last] = json.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(first).toMatchObject({ v: 1, is: "alarm", origin: `web1@${site.site}` });
  expect(last).toMatchObject({ is: "end", alarms: 1, kept: 1 });
});

test("oob anchor receive --listen takes syslog over TLS; what was acknowledged is on the disk", async () => {
  const site = new SigningSite();
  const into = newFolder();
  const [cert, key] = [join(into, "cert.pem"), join(into, "key.pem")];
  writeFileSync(cert, MOCK_CERTIFICATE.cert);
  writeFileSync(key, MOCK_CERTIFICATE.key);
  const running = new RunningCli(
    ["anchor", "receive", "--into", into, "--listen", "127.0.0.1:0", "--cert", cert, "--key", key],
    { clock: systemClock },
  );
  await running.saw(/receives at 127\.0\.0\.1:\d+/);
  const port = Number(/127\.0\.0\.1:(\d+)/.exec(running.stderr)?.[1]);
  const way = { is: "syslog", host: "127.0.0.1", port, tls: true, pin: PIN } as const;
  const parts = { site: "demo", clock: systemClock, signal: new AbortController().signal };
  const line = site.sign("web1", 9);
  await sendToAnchor({ name: "a", every: 1000, way }, [...site.keys, line], parts);
  expect(readFileSync(join(into, site.site, "web1.anchor"), "latin1")).toBe(`${line}\n`);
  await sendToAnchor({ name: "a", every: 1000, way }, [site.sign("web1", 3)], parts);
  await running.saw(/^ALARM web1@/m);
  running.signals.emit("SIGTERM");
  expect(await running.code).toBe(1);
});

test("oob anchor receive --serial reads a line that only transmits", async () => {
  const site = new SigningSite();
  const into = newFolder();
  const pty = await openPty({ raw: true });
  try {
    const running = new RunningCli(["anchor", "receive", "--into", into, "--serial", pty.path]);
    await running.saw(/receives at/);
    for (const line of [...site.keys, site.sign("web1", 2), site.sign("web1", 1)])
      await pty.write(`${line}\r\n`);
    await running.saw(/^ALARM web1@.*backwards/m);
    running.signals.emit("SIGTERM");
    expect(await running.code).toBe(1);
  } finally {
    await pty.close();
  }
});

test("oob anchor receive is told by 2 what it cannot begin with", async () => {
  const refused = async (...argv: string[]) => {
    const { code, stderr } = await runCli(["anchor", ...argv]);
    expect(code).toBe(2);
    return stderr;
  };
  expect(await refused("receive")).toContain("--into is missing");
  expect(await refused("receive", "--into", "/tmp", "--listen", "6514")).toContain(
    "Cannot listen at",
  );
  expect(await refused("receive", "--into", "/tmp", "--listen", "[::1]:6514")).toContain(
    "--cert and --key",
  );
  expect(await refused("receive", "--into", "/tmp", "--first-key", "abc")).toContain(
    "Cannot use the key",
  );
  expect(await refused("receive", "web1")).toContain("too many arguments");
  expect(await refused("recieve")).toContain('"receive"');
});
