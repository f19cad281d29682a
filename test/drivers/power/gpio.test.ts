import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import gpio from "../../../drivers/power/gpio.ts";
import { readOptions } from "../../../src/config/option-values.ts";
import type { Pdu } from "../../../src/sdk/power.ts";
import { failureOf } from "../console/socket-suite.ts";
import { contextWith } from "./context.ts";

/** Files as the kernel shows them; the kernel is not there, so what is written stays what was written. */
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "oob-gpio-"));
  put("export", "");
  // The kernel's cannot be read.
  chmodSync(join(root, "export"), 0o200);
  chip(512, "pinctrl-bcm2711");
  line(529, "out", "1");
  line(539, "in", "0");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const put = (file: string, text: string) => writeFileSync(join(root, file), text);
const got = (file: string) => readFileSync(join(root, file), "utf8");

function chip(base: number, label: string, lines = 58): void {
  mkdirSync(join(root, `gpiochip${base}`));
  put(`gpiochip${base}/label`, `${label}\n`);
  put(`gpiochip${base}/base`, `${base}\n`);
  put(`gpiochip${base}/ngpio`, `${lines}\n`);
}

function line(number: number, direction: string, value: string, activeLow = "0"): void {
  mkdirSync(join(root, `gpio${number}`), { recursive: true });
  put(`gpio${number}/direction`, `${direction}\n`);
  put(`gpio${number}/value`, `${value}\n`);
  put(`gpio${number}/active_low`, `${activeLow}\n`);
}

function open(more: Record<string, unknown> = {}): Promise<Pdu> {
  const raw = { chip: "pinctrl-bcm2711", lines: ["web1=17", "db1=27"], path: root, ...more };
  const { values, problems } = readOptions(gpio.options, raw);
  expect(problems).toEqual([]);
  return gpio.open(values, contextWith());
}

test("an output's level is the state; an input drives nothing and is unknown", async () => {
  expect((await (await open()).read()).outlets).toMatchObject([
    { instance: "web1", label: "web1", state: "on" },
    { label: "db1", state: "unknown", note: "the line is an input: it drives no relay" },
  ]);
});

test.each([
  ["1", "0", false, "on"],
  ["0", "0", false, "off"],
  ["1", "0", true, "off"],
  ["0", "0", true, "on"],
  // The line's own active_low turns its value round, not its level.
  ["1", "1", false, "off"],
  ["1", "1", true, "on"],
  ["", "0", false, "unknown"],
  ["2", "0", true, "unknown"],
] as const)(
  "value %j, active_low %s, board active low %s: %s",
  async (value, low, board, state) => {
    line(529, "out", value, low);
    const pdu = await open({ "active-low": board });
    expect(await pdu.readOutlet("web1")).toMatchObject({ state });
  },
);

test.each([
  ["on", false, "high"],
  ["off", false, "low"],
  ["on", true, "low"],
  ["off", true, "high"],
] as const)("%s, active low %s: direction and level at once, %s", async (verb, low, level) => {
  const pdu = await open({ "active-low": low });
  await pdu.command("db1", verb);
  expect(got("gpio539/direction").trim()).toMatch(new RegExp(`^${level}`));
});

test("a line that was not exported is, and is not taken for read where the kernel does not show it", async () => {
  rmSync(join(root, "gpio529"), { recursive: true });
  expect((await failureOf((await open()).readOutlet("web1"))).code).toBe("PDU_SILENT");
  chmodSync(join(root, "export"), 0o600);
  expect(got("export")).toBe("529");
});

test("a line that cannot be exported is unknown, and the others are read", async () => {
  rmSync(join(root, "gpio539"), { recursive: true });
  rmSync(join(root, "export"));
  const pdu = await open();
  expect((await pdu.read()).outlets).toMatchObject([
    { label: "web1", state: "on" },
    { label: "db1", state: "unknown", note: expect.stringContaining("Cannot export line db1") },
  ]);
  expect((await failureOf(pdu.readOutlet("db1"))).code).toBe("PDU_REFUSED");
});

test("the chip is known by its label: none, or two, and nothing is touched", async () => {
  expect(
    await failureOf((await open({ chip: "gpio-other" })).command("web1", "off")),
  ).toMatchObject({
    code: "PDU_UNKNOWN",
    hint: "Labels here: pinctrl-bcm2711",
  });
  chip(600, "pinctrl-bcm2711");
  expect((await failureOf((await open()).command("web1", "off"))).code).toBe("PDU_UNKNOWN");
  expect(got("gpio529/direction")).toBe("out\n");
});

test("a line that the chip has not got is the next chip's, and is not touched", async () => {
  chip(570, "gpio-expander");
  line(570, "out", "1");
  const pdu = await open({ lines: ["web1=57", "db1=58"] });
  const error = await failureOf(pdu.command("db1", "off"));
  expect(error).toMatchObject({
    code: "OUTLET_UNKNOWN",
    message: 'Cannot use "db1" of gpio pinctrl-bcm2711: it has the lines 0 to 57, not 58',
  });
  expect((await failureOf(pdu.readOutlet("db1"))).code).toBe("OUTLET_UNKNOWN");
  expect(got("gpio570/direction")).toBe("out\n");
  line(569, "out", "1");
  expect(await pdu.readOutlet("web1")).toMatchObject({ state: "on" });
});

test("a kernel without sysfs, an unknown line, and what is no relay's are refused", async () => {
  const pdu = await open();
  expect((await failureOf(pdu.readOutlet("../gpio529"))).code).toBe("OUTLET_UNKNOWN");
  expect((await failureOf(pdu.command("web1", "reset"))).code).toBe("PDU_REFUSED");
  const none = await failureOf((await open({ path: `${root}/none` })).read());
  expect(none).toMatchObject({ code: "PDU_SILENT", hint: expect.stringContaining("GPIO_SYSFS") });
});

test.each([
  { lines: [] },
  { lines: ["web1"] },
  { lines: ["web1=x"] },
  { lines: ["web1=9999"] },
  { lines: ["web1=17", "db1=017"] },
  { lines: ["web1=17", "web1=18"] },
])("check() refuses %j", (raw) => {
  const { values } = readOptions(gpio.options, { chip: "x", ...raw });
  expect(gpio.check?.(values).map((fault) => fault.option)).toEqual(["lines"]);
});
