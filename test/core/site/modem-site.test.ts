import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import modemDriver from "../../../drivers/console/modem.ts";
import telnetDriver from "../../../drivers/console/telnet.ts";
import { MockModem } from "../../../mocks/modem.ts";
import type { ModemFaults } from "../../../mocks/modem-faults.ts";
import { TelnetConsoleServer } from "../../../mocks/telnet-console-server.ts";
import { bareConfig, bareHost } from "../../../src/config/bare-config.ts";
import { readOptions } from "../../../src/config/option-values.ts";
import type { HostEntry } from "../../../src/config/site-config.ts";
import { type LocalSite, openLocalSite } from "../../../src/core/site/local-site.ts";
import { latin1 } from "../../../src/lib/bytes.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import type { OobError } from "../../../src/lib/errors.ts";
import { openContext, readBytes } from "../../drivers/console/socket-suite.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const QUICK: ModemFaults = { dialling: 20, guard: 50 };

async function start(faults: ModemFaults = QUICK, role: "daemon" | "direct" = "daemon") {
  const modem = new MockModem(systemClock, { "1": "answers", "2": "BUSY" }, faults);
  const port = await modem.listen();
  closing.push(() => modem.close());
  const state = mkdtempSync(join(tmpdir(), "oob-modem-site-"));
  closing.push(() => rmSync(state, { recursive: true, force: true }));
  const host = (name: string, number: string): HostEntry =>
    bareHost(name, {
      driver: "modem",
      options: { number, "escape-guard": 80, "dial-timeout": 20_000 },
      via: { driver: "tcp", options: { host: "127.0.0.1", port } },
      onDemand: { hangupAfter: 400 },
    });
  const hosts = new Map([host("far1", "1"), host("far2", "2")].map((one) => [one.name, one]));
  const config = { ...bareConfig({}), state, hosts };
  const open = async () => {
    const opened = await openLocalSite(config, { who: "jana", clock: systemClock, env: {}, role });
    closing.push(() => opened.close());
    return opened;
  };
  return { modem, state, open };
}

/** Waits, by looking, at most ten seconds. */
async function until(what: string, is: () => boolean | Promise<boolean>): Promise<void> {
  for (let turn = 0; !(await is()); turn++) {
    if (turn > 500) throw new Error(`not within 10 s: ${what}`);
    await systemClock.sleep(20);
  }
}

const consoleOf = async (site: LocalSite, host: string) =>
  (await site.status([host], { power: false }))[0]?.console;

async function lines(doing: AsyncIterable<{ readonly text: string }>): Promise<string[]> {
  const said: string[] = [];
  for await (const { text } of doing) said.push(text);
  return said;
}

const request = {
  mode: "write",
  reason: "",
  replayLines: 0,
  filter: "safe",
  columns: 80,
  rows: 24,
} as const;

test("a console on demand is called for whoever attaches, and hung up when they are gone", async () => {
  const { modem, open } = await start();
  const site = await open();
  await until("the consoles stand", async () => (await consoleOf(site, "far1"))?.is === "idle");
  expect(modem.calls).toBe(0);
  expect(await consoleOf(site, "far1")).toMatchObject({ why: "on demand" });
  const attachment = await site.attach({ ...request, host: "far1" });
  // Typed at once: it waits for the call, and none of it reaches the modem as a command.
  await attachment.write(latin1("root\r"));
  await until("the host has it", () => String.fromCharCode(...modem.heard) === "root\r");
  expect(modem.commands.at(-1)).toBe("ATDT1");
  await attachment.leave();
  await until("it is hung up", async () => (await consoleOf(site, "far1"))?.is === "idle");
  expect(modem.inCall).toBe(false);
  const [row] = await site.status(["far1"], { power: false });
  expect(row?.console.why).toMatch(/^on demand; last call \d+m?s ago, connected \d+m?s$/);
  expect(row?.health.state).toBe("unknown");
  expect(await site.calls(["far1"])).toMatchObject([{ number: "1", outcome: "hung-up" }]);
});

test("line(): test asks and calls nobody, dial calls, hangup hangs up; a second host has the modem in between", async () => {
  const { modem, open } = await start();
  const site = await open();
  await until("the consoles stand", async () => (await consoleOf(site, "far2"))?.is === "idle");
  expect(await lines(site.line({ host: "far1", act: "ask" }))).toContain("Mock 56k rev 1");
  expect(modem.calls).toBe(0);
  const said = await lines(site.line({ host: "far1", act: "dial" }));
  expect(said.at(-2)).toMatch(/^up: 1 modem 33600 via 127.0.0.1:\d+ tcp$/);
  await expect(lines(site.line({ host: "far1", act: "ask" }))).rejects.toThrow("the console is up");
  const busy = await lines(site.line({ host: "far2", act: "dial" })).catch((e: OobError) => e);
  expect(String(busy)).toContain('for far1" (pid');
  expect(await lines(site.line({ host: "far1", act: "hangup" }))).toEqual([
    expect.stringMatching(/^hung-up: /),
  ]);
  const engaged = await lines(site.line({ host: "far2", act: "dial" })).catch((e: OobError) => e);
  expect(String(engaged)).toContain("the line is busy (BUSY)");
  expect(await lines(site.line({ host: "far2", act: "hangup" }))).toEqual([
    "nothing to hang up: the console is idle",
  ]);
});

test("over telnet, every byte goes both ways, 0xFF and CR too", async () => {
  const modem = new MockModem(systemClock, { "1": "answers" }, QUICK);
  closing.push(() => modem.close());
  const line = { onBytes: (bytes: Uint8Array) => modem.receive(bytes), onBreak: () => {} };
  const server = await TelnetConsoleServer.start([line]);
  closing.push(() => server.close());
  const [port] = server.ports;
  modem.plug((bytes) => port?.write(bytes));
  const telnet = await systemTelnet(port?.port ?? 0);
  const { values } = readOptions(modemDriver.options, { number: "1", "escape-guard": "80ms" });
  const link = await modemDriver.open(values, openContext({ through: telnet }));
  const all = String.fromCharCode(...Array(256).keys(), 13, 10, 13, 0, 255, 255);
  await link.write(latin1(all));
  await until("the host has all", () => modem.heard.length >= all.length);
  expect(String.fromCharCode(...modem.heard)).toBe(all);
  modem.print(all);
  expect(String.fromCharCode(...(await readBytes(link, all.length)))).toBe(all);
  await link.close();
  expect(modem.inCall).toBe(false);
  await telnet.close();
});

const systemTelnet = (port: number) =>
  telnetDriver.open({ host: "127.0.0.1", port }, openContext());

test("without a daemon, watching the site calls nobody", async () => {
  const { modem, open } = await start(QUICK, "direct");
  const site = await open();
  for await (const rows of site.watch([])) {
    expect(rows.map((row) => row.console.is)).toEqual(["idle", "idle"]);
    break;
  }
  expect(modem.calls).toBe(0);
});

test("a call that a killed process left open is hung up at the next start", {
  timeout: 30_000,
}, async () => {
  const { modem, state, open } = await start();
  mkdirSync(state, { recursive: true });
  const at = Date.now() - 60_000;
  appendFileSync(
    join(state, "calls.jsonl"),
    `${JSON.stringify({ is: "begin", id: "a", host: "far1", number: "1", at })}\n` +
      `${JSON.stringify({ is: "connected", id: "a", at, text: "CONNECT" })}\n`,
  );
  modem.receive(latin1("ATE0\rATD1\r"));
  await until("the call stands", () => modem.inCall);
  const site = await open();
  await until("it is over", () => !modem.inCall);
  await until("and on record", async () => (await site.calls([]))[0]?.outcome === "hung-up");
  expect(modem.calls).toBe(1);
});
