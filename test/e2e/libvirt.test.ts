import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import libvirtConsole from "../../drivers/console/libvirt.ts";
import libvirtPower from "../../drivers/power/libvirt.ts";
import { readOptions } from "../../src/config/option-values.ts";
import { Power } from "../../src/core/power/power.ts";
import { systemClock } from "../../src/lib/clock.ts";
import type { Link } from "../../src/sdk/link.ts";
import type { Pdu } from "../../src/sdk/power.ts";
import { Disk, hostWith } from "../core/power/power-sim.ts";
import { failureOf, openContext } from "../drivers/console/socket-suite.ts";
import { contextWith } from "../drivers/power/context.ts";
import { buildImages } from "./rig/images.ts";
import { Libvirtd } from "./rig/libvirtd.ts";
import { LinkReader } from "./rig/link-reader.ts";

const PROMPT = /(?:login|Password): /;
let libvirtd: Libvirtd;
const links: Link[] = [];

beforeAll(async () => {
  libvirtd = await Libvirtd.start();
  await libvirtd.define("vm1", await buildImages());
}, 120_000);

afterEach(async () => {
  for (const link of links.splice(0)) await link.close();
});

afterAll(() => libvirtd?.dispose());

async function open(raw: Record<string, unknown>): Promise<Link> {
  const { values, problems } = readOptions(libvirtConsole.options, { uri: libvirtd.uri, ...raw });
  expect(problems).toEqual([]);
  const link = await libvirtConsole.open(values, openContext());
  links.push(link);
  return link;
}

async function atLogin(raw: Record<string, unknown> = {}): Promise<LinkReader> {
  const reader = new LinkReader(await open({ domain: "vm1", ...raw }));
  for (let tries = 0; ; tries++) {
    const from = await reader.type("\r");
    const seen = await reader.until(PROMPT, 5000, from).catch(() => undefined);
    if (seen !== undefined) return reader;
    if (tries > 20) throw new Error(`no login prompt: ${JSON.stringify(reader.text)}`);
  }
}

async function pdu(uri: string): Promise<Pdu> {
  return libvirtPower.open(readOptions(libvirtPower.options, { uri }).values, contextWith());
}

let orders = 0;
function act(verb: "on" | "off" | "cycle" | "reset" | "nmi") {
  const power = new Power({
    pdus: new Map([["hv", { driver: "libvirt", options: {} }]]),
    open: () => pdu(libvirtd.uri),
    audit: new Disk().open({ dead: false }, systemClock),
    clock: systemClock,
    onFor: 5000,
  });
  const host = { ...hostWith("hv/vm1"), offFor: 300 };
  return power.switchHost(host, verb, { id: `l${orders++}`, by: "e2e", reason: "test" });
}

test("a domain that is shut off is said so, with what to do", async () => {
  expect(await failureOf(open({ domain: "vm1" }))).toMatchObject({
    code: "LINK_REFUSED",
    message: 'Cannot open libvirt vm1: virsh says "The domain is not running"',
    hint: expect.stringContaining("oob power on"),
  });
});

test("power: off is read as off, on and cycle are done and read back", async () => {
  const [outlet] = (await (await pdu(libvirtd.uri)).read()).outlets;
  expect(outlet).toMatchObject({ label: "vm1", state: "off", note: 'libvirt says "shut off"' });
  expect(await act("on")).toMatchObject({ result: "done", power: "on" });
  expect(await act("cycle")).toMatchObject({ result: "done", power: "on" });
  await libvirtd.virsh("suspend", "vm1");
  const [paused] = (await (await pdu(libvirtd.uri)).read()).outlets;
  expect(paused).toMatchObject({ state: "on", note: 'libvirt says "paused"' });
  await libvirtd.virsh("resume", "vm1");
  expect(await act("reset")).toMatchObject({ result: "done", power: "on" });
  expect(await act("nmi")).toMatchObject({ result: "done", power: "on" });
});

test("carries a login prompt and keys, and BREAK through the machine's monitor", async () => {
  const reader = await atLogin();
  expect(reader.text).not.toContain("Escape character");
  const typed = await reader.type("\r");
  await reader.until(PROMPT, 20_000, typed);
  await reader.link.sendBreak?.(500);
  const from = await reader.type("h");
  await reader.until(/sysrq: HELP/, 20_000, from);
});

test("virsh's escape byte is refused before anything of that write is sent", async () => {
  const reader = await atLogin();
  expect((await failureOf(reader.link.write(Buffer.from("a\x1eb")))).code).toBe("LINK_UNSUPPORTED");
  const from = await reader.type("\r");
  await reader.until(PROMPT, 20_000, from);
});

test("somebody else's session is PORT_BUSY, and ended only where asked", async () => {
  const first = await atLogin();
  expect(await failureOf(open({ domain: "vm1" }))).toMatchObject({
    code: "PORT_BUSY",
    message: expect.stringContaining("Active console session exists"),
  });
  await atLogin({ take: true });
  expect(await first.ended).toMatchObject({ code: "LINK_LOST" });
});

test("a machine that is cut off ends the console, and it can be opened again", async () => {
  const reader = await atLogin();
  expect(await act("off")).toMatchObject({ result: "done", power: "off" });
  await reader.ended;
  expect(await act("on")).toMatchObject({ result: "done", power: "on" });
  await atLogin();
});

test.each([
  [{ domain: "nope" }, "failed to get domain 'nope'"],
  [{ domain: "vm1", devname: "serial7" }, "serial7"],
  [{ domain: "vm1", uri: "qemu+unix:///session?socket=/nonexistent" }, "Failed to connect"],
])("%j is said so", async (raw, message) => {
  const failure = await failureOf(open(raw));
  expect(failure).toMatchObject({
    code: "LINK_REFUSED",
    message: expect.stringContaining(message),
  });
  expect(failure.hint).toBeTruthy();
});

test("libvirt's test driver: every verb is taken, and refusals are named", async () => {
  const fake = await pdu("test:///default");
  const [outlet] = (await fake.read()).outlets;
  expect(outlet).toMatchObject({ label: "test", state: "on" });
  const instance = outlet?.instance ?? "";
  // Its state lasts as long as one virsh: what was done is gone with it.
  for (const verb of ["off", "on", "reset", "soft", "nmi"] as const)
    await fake.command(instance, verb);
  expect((await failureOf(fake.readOutlet("nope"))).code).toBe("OUTLET_UNKNOWN");
  expect((await failureOf(fake.command("nope", "off"))).code).toBe("OUTLET_UNKNOWN");
  expect((await failureOf(fake.command("--help", "off"))).code).toBe("OUTLET_UNKNOWN");
  expect((await failureOf(fake.command(instance, "cycle"))).code).toBe("PDU_REFUSED");
  const nobody = await pdu("qemu+unix:///session?socket=/nonexistent");
  expect((await failureOf(nobody.read())).code).toBe("PDU_SILENT");
});
