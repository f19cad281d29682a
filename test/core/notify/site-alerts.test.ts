import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { bareConfig } from "../../../src/config/bare-config.ts";
import { alertsOf } from "../../../src/core/notify/site-alerts.ts";
import { Registry } from "../../../src/core/registry/registry.ts";
import type { SiteCore } from "../../../src/core/site/site-core.ts";
import { SiteLinks } from "../../../src/core/site/site-links.ts";
import { minutes, seconds } from "../../../src/lib/durations.ts";
import { Bench } from "../watchdog/watchdog-doubles.ts";
import { entry } from "./alert-doubles.ts";

let bench: Bench;
afterEach(() => bench.end());

test("alertsOf(): who is called because the watchdog asks is told how to say yes", async () => {
  bench = await new Bench(["web1"], { mode: "ask" }).start();
  const kept = join(bench.dir, "kept.txt");
  const script = join(bench.dir, "keep");
  writeFileSync(script, `#!/bin/sh\ncat > ${kept}.part\nmv ${kept}.part ${kept}\n`, {
    mode: 0o755,
  });
  const device = { driver: "command", options: { command: [script], timeout: seconds(60) } };
  const { clock, audit, incidents, watchdog } = bench;
  const core = {
    config: {
      ...bareConfig({}),
      state: bench.dir,
      notify: new Map([["script", entry({ device })]]),
    },
    ...{ clock, audit, incidents, watchdog, registry: new Registry() },
    secrets: () => Promise.reject(new Error("there are none")),
  } as unknown as SiteCore;
  const alerts = alertsOf(core, new SiteLinks(core), () =>
    Promise.reject(new Error("there is no modem")),
  );
  alerts.start();
  await alerts.settled();
  bench.console().panics();
  await bench.pass(minutes(3));
  // The script is a real process: what was told before the question may be on its way still.
  const text = await vi.waitFor(
    async () => {
      await bench.pass(seconds(10));
      const last = readFileSync(kept, "utf8");
      expect(last).toContain("asking to cycle its outlets");
      return last;
    },
    { timeout: 50_000 },
  );
  expect(text).toContain("oob incident approve 1");
  await alerts.stop();
});
