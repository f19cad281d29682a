import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import {
  chassisStatus,
  controllerFacts,
  fruSerial,
  MAX_IPMITOOL_TEXT,
  systemGuid,
} from "../../src/codec/ipmitool-chassis.ts";

/** ipmitool 1.8.19 on ipmi_sim. */
const status = (power: string, more: Readonly<Record<string, string>> = {}): string =>
  Object.entries({
    "System Power": power,
    "Power Overload": "false",
    "Power Interlock": "inactive",
    "Main Power Fault": "false",
    "Power Control Fault": "false",
    "Power Restore Policy": "always-off",
    "Last Power Event": "",
    ...more,
  })
    .map(([name, value]) => `${name.padEnd(20)} : ${value}\n`)
    .join("");

describe("chassisStatus()", () => {
  it("believes on and off alone", () => {
    expect(chassisStatus(status("on"))).toEqual({ state: "on", notes: [] });
    expect(chassisStatus(status("off"))).toMatchObject({ state: "off" });
    for (const word of ["Off", "unknown", "", "off on", "0"])
      expect(chassisStatus(status(word))?.state, word).toBe("unknown");
    expect(chassisStatus("Error: Unable to establish IPMI v2")).toBeUndefined();
  });

  it("takes two answers that differ for none", () => {
    expect(chassisStatus(status("on") + status("off"))).toBeUndefined();
    expect(chassisStatus(status("on") + status("on"))).toMatchObject({ state: "on" });
  });

  it("tells power faults, and while it is off what happens after a power failure", () => {
    expect(
      chassisStatus(status("on", { "Main Power Fault": "true", "Power Interlock": "active" })),
    ).toEqual({ state: "on", notes: ["power interlock active", "main power fault"] });
    expect(chassisStatus(status("off", { "Last Power Event": "ac-failed" }))).toEqual({
      state: "off",
      notes: ["last power event ac-failed", "restore policy always-off"],
    });
  });
});

test("controllerFacts() leaves out what ipmitool does not know", () => {
  const info =
    "Firmware Revision         : 9.08\nManufacturer Name         : Acme\nProduct Name              : Unknown (0xF02)\n";
  expect(controllerFacts(info)).toEqual({ model: "Acme", firmware: "9.08" });
  expect(controllerFacts("")).toEqual({});
});

test.each([
  [" 00 11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff\n", "00112233445566778899aabbccddeeff"],
  [" 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00\n", undefined],
  [" ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff\n", undefined],
  [" 00 11 22 33\n", undefined],
  ["Unable to send RAW command (channel=0x0 netfn=0x6 lun=0x0 cmd=0x37 rsp=0xc1)", undefined],
])("systemGuid() of %j is %s", (text, guid) => {
  expect(systemGuid(`${status("on")}${text}`)).toBe(guid);
});

test("fruSerial() prefers the product's, and takes no stand-ins", () => {
  const fru = (product: string) =>
    ` Chassis Serial        : C9\n Board Serial          : B7\n Product Serial        : ${product}\n`;
  expect(fruSerial(fru("P5"))).toBe("P5");
  for (const stand of ["", "...", "00000", "To Be Filled By O.E.M.", "N/A"])
    expect(fruSerial(fru(stand)), stand).toBe("C9");
  expect(fruSerial("FRU Device Description : Builtin")).toBeUndefined();
});

test("whatever the text: nothing throws, and on and off are said only where it says so", () => {
  const piece = fc.oneof(
    fc.string(),
    fc.constantFrom(
      "System Power",
      " : ",
      "on",
      "off",
      "\n",
      "\r",
      "Product Serial",
      " 00".repeat(16),
    ),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const text = pieces.join("");
      systemGuid(text);
      fruSerial(text);
      controllerFacts(text);
      const said = chassisStatus(text);
      if (said?.state === "on") expect(text).toMatch(/System Power\s*:\s*on\s*$/m);
      if (said?.state === "off") expect(text).toMatch(/System Power\s*:\s*off\s*$/m);
    }),
  );
});

test("what stands beyond the bound is not looked at", () => {
  expect(chassisStatus("x\n".repeat(MAX_IPMITOOL_TEXT) + status("off"))).toBeUndefined();
});
