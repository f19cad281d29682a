/** Two daemons on one state folder, and the locks that a killed one leaves. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { TestSite } from "./rig/daemon.ts";
import { PtyFeeder } from "./rig/pty-feeder.ts";
import { until } from "./rig/rack-site.ts";

let feeder: PtyFeeder;
let test: TestSite;

beforeAll(async () => {
  feeder = await PtyFeeder.start(1, 11_500);
  test = new TestSite(`hosts:\n  k0: { console: { driver: serial, path: ${feeder.paths[0]} } }\n`);
  await test.launch();
});

afterAll(async () => {
  await test?.stop();
  await feeder?.close();
});

const logged = () => {
  const path = join(test.folder, "state", "console", "k0", "current.raw");
  return existsSync(path) ? readFileSync(path).length : 0;
};

it("a second daemon is refused with one clear error, and the first goes on", async () => {
  await until("the console is logged", 120_000, () => logged() > 0);
  const { code, stdout, stderr } = await test.run("serve");
  expect(code).toBe(5);
  expect(stdout).toBe("");
  expect(stderr).toMatch(
    /^oob: Cannot serve e2e: daemon \d+ holds "[^"]+\/state"\n +Stop it with: kill \d+\n$/,
  );
  const before = logged();
  await until("the first logs on", 120_000, () => logged() > before);
});

it("what a killed daemon leaves is taken over", async () => {
  for (let kill = 0; kill < 3; kill++) {
    await test.kill();
    await test.launch();
  }
  const before = logged();
  await until("the next logs on", 120_000, () => logged() > before);
});

it("of two that are started after a kill, exactly one serves", async () => {
  await test.kill();
  const other = test.run("serve");
  const started = await test.launch().then(
    () => true,
    () => false,
  );
  if (!started) {
    // The other one won: it is not of this rig, and is ended by the id that the refusal names.
    process.kill(Number(/kill (\d+)/.exec(test.talk)?.[1]), "SIGTERM");
    expect((await other).code).toBe(0);
    await test.launch();
    return;
  }
  const { code, stderr } = await other;
  expect(code).not.toBe(0);
  expect(stderr).toContain("Cannot serve e2e: daemon");
});
