import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openAuditTrail } from "../../src/core/audit/audit-trail.ts";
import type { Site, SiteEvent } from "../../src/core/site/site.ts";
import { ManualClock } from "../../src/lib/clock.ts";
import { runCli } from "./run-cli.ts";
import { AT, SiteDouble } from "./site-double.ts";

const HOUR = 3_600_000;
let seq = 0;
const event = (
  by: string,
  type: string,
  text: string,
  more: Partial<SiteEvent> = {},
): SiteEvent => ({
  ...{ seq: ++seq, at: AT - HOUR, by, type, text, host: "web1" },
  ...more,
});
const EVENTS = [
  event("oob", "console.up", "telnet ts1:7003"),
  event("jana", "session.attach", "jana came", { data: { from: "10.0.0.9", reason: "patch" } }),
  event("kim", "access.refused", 'refused: "power" on web1 is not granted'),
  event("oob", "power.outcome", "cycle done"),
  event("watchdog", "power.intent", "cycle pdu-a/3: stuck", { data: { reason: "stuck" } }),
  event("jana", "session.leave", "jana left", { at: AT + HOUR }),
];

async function audit(...argv: string[]) {
  const site = new SiteDouble();
  site.events = async function* events({ hosts, type }: Parameters<Site["events"]>[0]) {
    for (const one of EVENTS)
      if (
        (type === undefined || one.type.startsWith(type)) &&
        (hosts.length === 0 || hosts.includes(one.host ?? ""))
      )
        yield one;
  };
  const { code, stdout } = await runCli(["audit", ...argv], { site });
  expect(code).toBe(0);
  return stdout.trimEnd().split("\n");
}

test("oob audit tells deeds with who, from where and why, and no story", async () => {
  const lines = await audit();
  expect(lines).toHaveLength(5);
  expect(lines[0]).toMatch(
    / jana +web1 +session\.attach +jana came {2}from 10\.0\.0\.9 {2}because: patch$/,
  );
  // A reason that stands in the text is not said twice.
  expect(lines[3]).toMatch(/ watchdog +web1 +power\.intent +cycle pdu-a\/3: stuck$/);
});

test("oob audit filters by user, host, type and time", async () => {
  expect(await audit("--by", "jana")).toHaveLength(2);
  expect(await audit("--by", "oob")).toHaveLength(2);
  expect(await audit("--type", "power")).toHaveLength(2);
  expect(await audit("--by", "jana", "--until", "10m")).toEqual([expect.stringMatching(/came/)]);
  expect(await audit("web1")).toHaveLength(5);
});

test("oob audit --json has from and why beside the record", async () => {
  const [line = ""] = await audit("--json", "--by", "jana");
  expect(JSON.parse(line)).toMatchObject({
    ...{ v: 1, by: "jana", host: "web1", type: "session.attach", from: "10.0.0.9", why: "patch" },
    at: new Date(AT - HOUR).toISOString(),
  });
});

test("oob audit --check reads the chain; what was changed in it is named, exit 1", async () => {
  const folder = mkdtempSync(join(tmpdir(), "oob-au-"));
  try {
    const config = join(folder, "oob.yaml");
    writeFileSync(config, `state: ${folder}\n`);
    const check = (...more: string[]) =>
      runCli(["audit", "--check", "--config", config, ...more], { env: { HOME: folder } });
    expect(await check()).toMatchObject({ code: 1, stderr: expect.stringMatching(/Cannot read/) });
    const trail = openAuditTrail(folder, new ManualClock(AT));
    for (const text of ["one", "two", "three"])
      await trail.commit({ type: "note", by: "jana", text });
    await trail.close();
    expect((await check()).stdout).toMatch(/^consistent .*: 3 records, head [0-9a-f]{64}$/m);
    const path = join(folder, "audit.jsonl");
    writeFileSync(path, readFileSync(path, "utf8").replace("two", "2wo"));
    expect(await check()).toMatchObject({
      ...{ code: 1, stdout: expect.stringMatching(/^not whole .*: record 3: /) },
    });
    expect(JSON.parse((await check("--json")).stdout)).toMatchObject({ v: 1, consistent: false });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
