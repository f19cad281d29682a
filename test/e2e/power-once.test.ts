/**
 * `kill -9` of the daemon while the watchdog works, and while a person's cycle is under way: an outlet is cut at most
 * once for an incident, it always ends on, and what is told of it is true.
 *
 *   OOB_POWER_RUNS=30 npx vitest run --config vitest.e2e.config.ts test/e2e/power-once.test.ts
 */
import { afterEach, describe, expect, it } from "vitest";
import { pause, RackSite, until } from "./rig/rack-site.ts";

const HOSTS = 6;
/** Incidents during which the daemon is killed. */
const RUNS = Number(process.env.OOB_POWER_RUNS ?? HOSTS);
/** What is wrong with the PDU in a round; `loss`: that share of the time its answers do not arrive. */
const PDUS = [
  {},
  { lateMs: 1500 },
  { loss: 0.3 },
  { pendingMs: 1500 },
  { lateMs: 800, loss: 0.3 },
] as const;
const LOSS_EVERY_MS = 300;
/** An on that cannot be verified is tried for 2 min; then the watch goes on, and gives up. */
const ENDS_WITHIN_MS = 400_000;

let rack: RackSite | undefined;

afterEach(async () => {
  await rack?.dispose();
  rack = undefined;
});

const between = (low: number, high: number) => low + Math.random() * (high - low);

describe("the daemon is killed between suspicion and recovery", () => {
  const rounds = Math.ceil(RUNS / HOSTS);
  it.each(Array.from({ length: rounds }, (_, n) => [n + 1, PDUS[n % PDUS.length] ?? {}] as const))(
    "round %i, PDU %j: at most one cut an incident, outlets on, a true story",
    async (_, { loss = 0, ...faults }: { readonly loss?: number }) => {
      rack = await RackSite.start(HOSTS);
      const { hosts, pdu } = rack;
      Object.assign(pdu.faults, faults);
      const lossy = setInterval(() => {
        pdu.faults.mute = Math.random() < loss;
      }, LOSS_EVERY_MS);
      for (const host of hosts) {
        host.panic();
        await pause(300);
      }
      // Around the first cuts (intended, in the dark, on again), then while the next daemon takes them up.
      const { test } = rack;
      await until("a cut is intended", 120_000, () => rack?.intents() !== 0);
      // A daemon that dies before it opened an incident leaves a panic of before to a person: that is another story.
      const opened = async () => (await test.site.incidents([])).length;
      await until("every incident is open", 120_000, async () => (await opened()) >= HOSTS);
      await pause(between(0, 6000));
      await rack.restart();
      await pause(between(0, 8000));
      await rack.restart();
      const ended = async () =>
        (await test.site.incidents([])).filter(({ state }) => state !== "open").length;
      await until("the incidents end", ENDS_WITHIN_MS, async () => (await ended()) >= HOSTS);
      clearInterval(lossy);
      const incidents = await test.site.incidents([]);
      for (const [n, host] of hosts.entries()) {
        const name = `h${n}`;
        const mine = incidents.filter((one) => one.host === name);
        expect(mine, `incidents of ${name}`).toHaveLength(1);
        expect(rack.cuts(n), `cuts of ${name}`).toBeLessThanOrEqual(1);
        expect(rack.pdu.relay(String(n + 1)), `outlet of ${name}`).toBe("on");
        const [incident] = mine;
        if (incident?.state === "recovered") expect(host.phase, name).toBe("login");
        else expect(incident?.state, name).toBe("given-up");
        process.stderr.write(
          `${name}: ${incident?.state}, ${rack.cuts(n)} cut, ${incident?.acts.join(" ")}, host ${host.phase}\n`,
        );
      }
      process.stderr.write(
        `${rack.kills} kills, ${HOSTS} incidents, PDU ${JSON.stringify({ loss, ...faults })}\n`,
      );
    },
    200_000 + ENDS_WITHIN_MS,
  );
});

describe("the daemon is killed as soon as it suspects", () => {
  it("the next one takes the panic up, proves it, and cuts once", async () => {
    rack = await RackSite.start(1);
    const { test } = rack;
    rack.hosts[0]?.panic();
    await until(
      "the suspicion stands in the trail",
      120_000,
      () => rack?.tells("watch.suspect") === true,
    );
    await rack.restart();
    await test.event("it is taken up", ({ type }) => type === "watch.resume", 120_000);
    const states = async () => (await test.site.incidents([])).map(({ state }) => state);
    await until("it recovers", 120_000, async () => (await states()).includes("recovered"));
    expect(await states()).toEqual(["recovered"]);
    expect(rack.cuts(0)).toBe(1);
    expect(rack.hosts[0]?.phase).toBe("login");
  });
});

describe("a person's cycle", () => {
  it("is finished by the next daemon when the first dies in the dark", async () => {
    // Much longer than it takes to kill it: on a busy machine it would be through before.
    rack = await RackSite.start(1, "20s");
    const asked = rack.test.run("power", "cycle", "h0", "--yes", "--reason", "drill");
    await until("the outlet falls", 120_000, () => rack?.cuts(0) === 1);
    await pause(between(0, 1500));
    await rack.restart();
    await until("the outlet is on", 120_000, () => rack?.pdu.relay("1") === "on");
    const { code, stderr } = await asked;
    // It died before or after it had read the off back twice.
    expect(stderr).toMatch(
      /how cycle of h0 ends: the daemon ended; (?:h0 pdu-a\/1 last read off|no outlet was read back)/,
    );
    expect(code).toBe(6);
    const outcome = await rack.test.event(
      "the outcome",
      ({ type }) => type === "power.outcome",
      120_000,
    );
    expect(outcome.text).toBe("cycle done");
    expect(rack.cuts(0)).toBe(1);
  });
});
