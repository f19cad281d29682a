import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkConfig, loadConfig } from "../../src/config/load-config.ts";
import { formatProblem } from "../../src/config/problems.ts";
import { Registry } from "../../src/core/registry/registry.ts";

const registry = new Registry();
let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "oob-config-"));
  file = join(folder, "oob.yaml");
});
afterEach(() => rm(folder, { recursive: true }));

const HOSTS = `hosts:
  "db[1-2]": { console: "telnet://ts1:1" }
groups: { db: "db[1-2]" }
`;

async function problemsOf(notify: string): Promise<string> {
  await writeFile(file, `${HOSTS}notify:\n${notify}`);
  const { problems } = await checkConfig(file, {}, () => registry);
  return problems
    .filter((one) => one.severity === "error")
    .map((one) => formatProblem(one).replace(`${file}:`, ""))
    .join("\n");
}

test("notify: reads what is of every channel, and what is the driver's", async () => {
  await writeFile(
    file,
    `${HOSTS}notify:
  chat: { driver: slack, url: secret:chat }
  bell: { driver: command, command: bell, severity: critical, hosts: "@db", quiet: "22:00-06:00", fallback: 5m, limit: 3 }
`,
  );
  const { notify } = await loadConfig(file, {}, () => registry);
  expect(notify.get("chat")).toMatchObject({
    ...{ severity: "warning", quiet: [], limit: 20 },
    device: { driver: "slack", options: { url: { secret: "chat" } } },
  });
  expect(notify.get("bell")).toMatchObject({
    ...{ severity: "critical", hosts: ["db1", "db2"], quiet: ["22:00-06:00"], limit: 3 },
    fallback: 300_000,
  });
});

test.each([
  ["  a: { driver: slak, url: secret:x }", '5:16: notify.a.driver: no notify driver "slak"'],
  ["  a: { driver: slack }", '5:6: notify.a.url: option "url" is missing'],
  [
    "  a: { driver: slack, url: secret:x, severity: loud }",
    "5:48: notify.a.severity: expected one of",
  ],
  ["  a: { driver: slack, url: secret:x, hosts: web9 }", "5:45: notify.a.hosts: "],
  [
    "  a: { driver: slack, url: secret:x, quiet: always }",
    "5:45: notify.a.quiet[0]: expected a time",
  ],
  [
    "  a: { driver: slack, url: secret:x, tiemout: 5s }",
    '5:38: notify.a.tiemout: unknown option "tiemout"',
  ],
  ["  a: { driver: modem, number: '0479' }", 'driver "modem" needs "via:"'],
  [
    "  a: { driver: slack, url: secret:x, via: { driver: serial, path: /dev/ttyS0 } }",
    "goes through no other device",
  ],
  ["  a: slack", "5:6: notify.a: expected a mapping"],
])("%s is refused at its place", async (text, problem) => {
  expect(await problemsOf(`${text}\n`)).toContain(problem);
});

test("a secret that stands where its name belongs is not shown", async () => {
  const shown = await problemsOf("  a: { driver: pagerduty, key: R0UT1NGKEY }\n");
  expect(shown).toContain("secrets do not stand in this file");
  expect(shown).not.toContain("R0UT1NGKEY");
});

test("a host's own channels: they have to be there", async () => {
  const written = (channel: string) =>
    writeFile(
      file,
      `notify:\n  chat: { driver: command, command: bell }\nhosts:\n  a: { console: "telnet://ts1:1", notify: ${channel} }\n`,
    );
  await written("chat");
  const { hosts } = await loadConfig(file, {}, () => registry);
  expect(hosts.get("a")?.notify).toEqual(["chat"]);
  await written("chta");
  const { problems } = await checkConfig(file, {}, () => registry);
  expect(problems.map(formatProblem).join()).toMatch(
    /hosts\.a\.notify: there is no channel "chta"[\s\S]*Did you mean "chat"/,
  );
});
