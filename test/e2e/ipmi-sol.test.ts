import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import ipmiSol from "../../drivers/console/ipmi-sol.ts";
import { readOptions } from "../../src/config/option-values.ts";
import type { OobError } from "../../src/lib/errors.ts";
import type { Link } from "../../src/sdk/link.ts";
import { failureOf, openContext } from "../drivers/console/socket-suite.ts";
import { Bmc } from "./rig/bmc.ts";
import { buildImages } from "./rig/images.ts";
import { LinkReader } from "./rig/link-reader.ts";
import { freePort, Machine } from "./rig/machine.ts";

// Once it has booted, each Enter is answered by a line end at once; a prompt after a refused login takes 3 s.
const ALIVE = /\n/;
const PROMPT = /login: /;
let booted = false;
let machine: Machine;
let bmc: Bmc;
/** How opening a BMC that is not there fails; ipmitool takes 20 s for it. */
let silence: Promise<{ readonly port: number; readonly failure: OobError }>;
const links: Link[] = [];

beforeAll(async () => {
  const { kernel, initrd } = await buildImages();
  const serial = await freePort();
  machine = new Machine("vm", { kernel, initrd, append: "console=ttyS0,115200" }, serial);
  machine.powerOn();
  bmc = await Bmc.start(serial);
  const port = await freePort();
  silence = failureOf(open({ port })).then((failure) => ({ port, failure }));
}, 120_000);

afterEach(async () => {
  for (const link of links.splice(0)) await link.close();
});

afterAll(() => {
  bmc?.dispose();
  machine?.dispose();
});

async function open(more: Record<string, unknown> = {}, password = bmc.password): Promise<Link> {
  const { values, problems } = readOptions(ipmiSol.options, {
    ...{ host: "127.0.0.1", port: bmc.port, user: bmc.user, "cipher-suite": 3 },
    ...{ password: "secret:bmc", "check-every": "0s" },
    ...more,
  });
  expect(problems).toEqual([]);
  const context = openContext({ secret: () => Promise.resolve(password) });
  const link = await ipmiSol.open(values, context);
  links.push(link);
  return link;
}

async function atLogin(more: Record<string, unknown> = {}): Promise<LinkReader> {
  const reader = new LinkReader(await open(more));
  for (let tries = 0; ; tries++) {
    const from = await reader.type("\r");
    const wanted = booted ? ALIVE : PROMPT;
    const seen = await reader.until(wanted, 5000, from).catch(() => undefined);
    if (seen !== undefined) {
      booted = true;
      return reader;
    }
    if (tries > 10) throw new Error(`no login prompt: ${JSON.stringify(reader.text)}`);
  }
}

async function ipmitool(...words: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(
    "ipmitool",
    [
      ...["-I", "lanplus", "-H", "127.0.0.1", "-p", String(bmc.port), "-U", bmc.user, "-E"],
      ...["-C", "3", ...words],
    ],
    { env: { ...process.env, IPMITOOL_PASSWORD: bmc.password } },
  );
  return stdout;
}

const owner = async (): Promise<string> =>
  (await ipmitool("raw", "0x06", "0x4b", "0x01", "0x01")).trim().slice(0, 11);

test("carries a login prompt and keys, tildes at the beginning of a line among them", async () => {
  const reader = await atLogin();
  const from = await reader.type("\r");
  await reader.until(PROMPT, 20_000, from);
  const typed = await reader.type("~~B~.~?a");
  await reader.until("~~B~.~?a", 20_000, typed);
  expect(reader.text).not.toContain("SOL Session operational");
});

test("the password is in no process list", async () => {
  await atLogin();
  const lists = readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "latin1");
      } catch {
        return "";
      }
    });
  expect(lists.some((words) => words.includes("sol\0activate"))).toBe(true);
  expect(lists.filter((words) => words.includes(bmc.password))).toEqual([]);
});

test("BREAK gets through alone, and is refused in the middle of a line", async () => {
  const reader = await atLogin();
  await reader.link.sendBreak?.(500);
  const from = await reader.type("h");
  const seen = await reader.until(/sysrq: HELP[^\n]*\n/, 20_000, from);
  // One key, one answer: nothing was typed before or after it.
  expect(seen.match(/sysrq:/g)).toHaveLength(1);
  expect(reader.text).not.toContain("[send break]");
  await reader.type("x");
  expect(await failureOf(reader.link.sendBreak?.(500) ?? Promise.resolve())).toMatchObject({
    code: "LINK_UNSUPPORTED",
    hint: expect.stringContaining("Enter"),
  });
  await reader.type("\r");
});

test("a session of somebody else's is PORT_BUSY, and taken over only where asked", async () => {
  const first = await atLogin({ "check-every": "1s" });
  const busy = await failureOf(open());
  expect(busy).toMatchObject({
    code: "PORT_BUSY",
    message: `Cannot open 127.0.0.1:${bmc.port} sol: another session has the console`,
  });
  const second = await atLogin({ take: true });
  expect(await first.ended).toMatchObject({
    code: "LINK_LOST",
    message: expect.stringContaining("another session has taken the console"),
  });
  // The first one goes away without ending the second one's session.
  await first.link.close();
  const from = await second.type("\r");
  await second.until(ALIVE, 20_000, from);
});

test("a session that the BMC ended without a word is noticed, and can be opened again", async () => {
  const reader = await atLogin({ "check-every": "1s" });
  await ipmitool("sol", "deactivate");
  expect(await reader.ended).toMatchObject({
    code: "LINK_LOST",
    message: expect.stringContaining("the BMC ended the session"),
  });
  await reader.link.close();
  await atLogin();
});

test("a session that is silent and lives is let alone", async () => {
  const reader = await atLogin({ "check-every": "500ms" });
  const before = await owner();
  await new Promise((resolve) => setTimeout(resolve, 3000));
  expect(await owner()).toBe(before);
  const from = await reader.type("\r");
  await reader.until(ALIVE, 20_000, from);
});

test("close() ends the session at the BMC, also in the middle of a line", async () => {
  for (const typed of ["\r", "x"]) {
    const reader = await atLogin();
    await reader.type(typed);
    expect(await owner()).not.toBe("00 00 00 00");
    await reader.link.close();
    expect(await owner()).toBe("00 00 00 00");
  }
});

test.each([
  ["a wrong password", {}, "wrong", "LOGIN_REFUSED", 'as "jana": wrong password'],
  ["an unknown user", { user: "nobody" }, "", "LOGIN_REFUSED", 'as "nobody": no such user'],
  ["a cipher suite that it lacks", { "cipher-suite": 17 }, "", "LINK_REFUSED", "cipher suite"],
  ["a name that is none", { host: "no-such.invalid" }, "", "LINK_REFUSED", "no such host"],
] as const)("%s is said so", async (_name, more, password, code, message) => {
  const failure = await failureOf(open(more, password || bmc.password));
  expect(failure).toMatchObject({ code, message: expect.stringContaining(message) });
  expect(failure.hint).toBeTruthy();
});

test("a BMC that does not answer is said so", { timeout: 60_000 }, async () => {
  const { port, failure } = await silence;
  expect(failure).toMatchObject({
    code: "LINK_REFUSED",
    message: `Cannot open 127.0.0.1:${port} sol: the BMC does not answer`,
  });
});
