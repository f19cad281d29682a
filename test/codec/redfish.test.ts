import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import {
  actionInfoValues,
  callByPath,
  identityOf,
  linkAt,
  localPath,
  MAX_MEMBERS,
  membersOf,
  messageIds,
  messagesIn,
  parseResource,
  powerOf,
  resetAction,
  taskProgress,
  textField,
} from "../../src/codec/redfish.ts";

describe("powerOf()", () => {
  it.each([
    ["On", "on", false],
    ["Off", "off", false],
    ["PoweringOn", "on", true],
    ["PoweringOff", "on", true],
    ["Paused", "on", false],
    ["off", "unknown", false],
    ["Standby", "unknown", false],
    ["constructor", "unknown", false],
    [null, "unknown", false],
    [["Off"], "unknown", false],
    [undefined, "unknown", false],
  ])("%j is %s, pending %s", (word, state, pending) => {
    expect(powerOf({ PowerState: word })).toMatchObject({ state, pending });
  });
});

describe("localPath()", () => {
  it.each([
    ["/redfish/v1/Systems/System.Embedded.1", "/redfish/v1/Systems/System.Embedded.1"],
    ["https://bmc7.example:8443/redfish/v1/Tasks/4", "/redfish/v1/Tasks/4"],
    ["/redfish/v1/Systems('1')", "/redfish/v1/Systems('1')"],
  ])("takes %s as %s", (reference, path) => {
    expect(localPath(reference)).toBe(path);
  });

  it.each([
    ["/etc/passwd"],
    ["//evil.example/redfish/v1"],
    ["https://evil.example"],
    ["/redfish/v1/../../x"],
    ["/redfish/v1/%2e%2e/x"],
    ["/redfish//evil"],
    ["/redfish/v1/a b"],
    ["/redfish/v1/a\r\nX-Evil: 1"],
    ["/redfish/v1/\\evil"],
    ["/redfish/v1?a=b"],
    ["ftp://x/redfish/v1/"],
    [`/redfish/${"x".repeat(600)}`],
    [7],
    [{}],
  ])("takes nothing from %j", (reference) => {
    expect(localPath(reference)).toBeUndefined();
  });
});

test("membersOf() lists each once, and no more than its bound", () => {
  const members = Array.from({ length: MAX_MEMBERS + 9 }, (_, i) => ({
    "@odata.id": `/redfish/v1/Systems/${i % 300}`,
  }));
  expect(membersOf({ Members: members })).toHaveLength(MAX_MEMBERS);
  expect(membersOf({ Members: [members[0], members[0], { "@odata.id": "/x" }, null] })).toEqual([
    "/redfish/v1/Systems/0",
  ]);
  expect(membersOf({ Members: "x" })).toEqual([]);
});

test("callByPath() calls a system by its last part, and by all of its path where two have the same", () => {
  const at = (...names: string[]) => names.map((name) => `/redfish/v1/${name}`);
  expect([...callByPath(at("Systems/Self/", "Systems/2", "Systems/2/")).keys()]).toEqual([
    "Self",
    "2",
  ]);
  expect([...callByPath(at("Systems/1", "Chassis/2/Systems/1", "Systems/3"))]).toEqual([
    ["Systems/1", "/redfish/v1/Systems/1"],
    ["Chassis/2/Systems/1", "/redfish/v1/Chassis/2/Systems/1"],
    ["3", "/redfish/v1/Systems/3"],
  ]);
});

test("callByPath() leaves paths as they are written: iLO sends those without their last slash elsewhere", () => {
  expect([...callByPath(["/redfish/v1/Systems/1/"])]).toEqual([["1", "/redfish/v1/Systems/1/"]]);
});

test("identityOf() is the UUID where there is one; one that is blank is none, and not the serial number", () => {
  expect(identityOf({ UUID: "4C4C4544-0042-3010-8052-C4C04F313233", SerialNumber: "CZ1" })).toBe(
    "4c4c4544-0042-3010-8052-c4c04f313233",
  );
  for (const UUID of ["", null, "00000000-0000-0000-0000-000000000000", "f".repeat(32), "x", 7])
    expect(identityOf({ UUID, SerialNumber: "CZ1" }), String(UUID)).toBeUndefined();
  expect(identityOf({ SerialNumber: " CZ1 " })).toBe("CZ1");
  expect(identityOf({})).toBeUndefined();
});

test("resetAction() gives target and values, or where the values are", () => {
  const target = "/redfish/v1/Systems/1/Actions/ComputerSystem.Reset";
  const system = (more: object) => ({ Actions: { "#ComputerSystem.Reset": { target, ...more } } });
  expect(
    resetAction(system({ "ResetType@Redfish.AllowableValues": ["On", 7, "ForceOff"] })),
  ).toEqual({
    ...{ target, allowed: ["On", "ForceOff"], info: undefined },
  });
  const info = "/redfish/v1/Systems/1/ResetActionInfo";
  expect(resetAction(system({ "@Redfish.ActionInfo": info }))).toEqual({
    target,
    allowed: undefined,
    info,
  });
  expect(
    resetAction({ Actions: { "#ComputerSystem.Reset": { target: "http://evil/" } } }),
  ).toBeUndefined();
  const values = {
    Parameters: [{ Name: "Other" }, { Name: "ResetType", AllowableValues: ["On"] }],
  };
  expect(actionInfoValues(values)).toEqual(["On"]);
  expect(actionInfoValues({ Parameters: [{ Name: "ResetType" }] })).toBeUndefined();
});

test("messagesIn() shows what services say: lists, one message alone, ids without a text", () => {
  const body = (info: unknown) => ({
    error: { message: "general", "@Message.ExtendedInfo": info },
  });
  expect(messagesIn(body([{ Message: "a\u001b[31m" }, { Message: "b" }]))).toBe("a^[[31m; b");
  expect(
    messagesIn(body({ MessageId: "Base.1.0.InternalError", Message: "Unacceptable header" })),
  ).toBe("Unacceptable header");
  expect(
    messagesIn(body([{ MessageArgs: ["Power is off"], MessageID: "iLO.0.10.InvalidOperation" }])),
  ).toBe("iLO.0.10.InvalidOperation (Power is off)");
  expect(messagesIn(body([]))).toBe("general");
  expect(messagesIn("<html>")).toBe("");
  expect(messageIds(body([{ MessageId: "Base.1.8.NoValidSession" }]))).toEqual(["NoValidSession"]);
});

test.each([
  [202, {}, "running"],
  [200, { TaskState: "Running" }, "running"],
  // "Expected to restart and therefore not complete" (DSP2046, Task): it may still be done.
  [202, { TaskState: "Interrupted" }, "running"],
  [202, { TaskState: "Exception" }, "failed"],
  [200, { TaskState: "Completed", TaskStatus: "OK" }, "done"],
  [200, { TaskState: "Completed", TaskStatus: "Critical" }, "failed"],
  [204, undefined, "done"],
  [404, undefined, "done"],
  [400, undefined, "failed"],
] as const)("a task of status %s that says %j is %s", (status, body, progress) => {
  expect(taskProgress(status, body)).toBe(progress);
});

const word = fc.constantFrom(
  ...["@odata.id", "Members", "Actions", "#ComputerSystem.Reset", "target", "PowerState", "UUID"],
  ...["error", "@Message.ExtendedInfo", "Message", "MessageArgs", "Parameters", "TaskState"],
  ...["__proto__", "ResetType@Redfish.AllowableValues", "On", "Off", "/redfish/v1/Systems/1"],
);
const hostile = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.oneof(word, fc.string(), fc.constant(null), fc.integer()),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(word, tie("value"), { maxKeys: 5 }),
  ),
})).value;

test("whatever the resource: nothing throws, texts are bounded, paths stay at the service", () => {
  fc.assert(
    fc.property(hostile, (resource) => {
      const off = powerOf(resource).state === "off";
      if (off) expect((resource as Record<string, unknown>).PowerState).toBe("Off");
      for (const path of [
        ...membersOf(resource),
        linkAt(resource, "Systems"),
        resetAction(resource)?.target,
      ])
        if (path !== undefined) expect(path).toMatch(/^\/redfish\/[^\s\\?#]*$/);
      expect(messagesIn(resource).length).toBeLessThan(1100);
      messageIds(resource);
      identityOf(resource);
      actionInfoValues(resource);
      textField(resource, "Model");
      taskProgress(200, resource);
    }),
  );
});

test("parseResource() takes what is no JSON, or nested without end, for nothing", () => {
  expect(parseResource("<html>")).toBeUndefined();
  expect(parseResource('{"PowerState":"O')).toBeUndefined();
  expect(() => parseResource("[".repeat(1_000_000))).not.toThrow();
  expect(() => parseResource(`${"[".repeat(400_000)}${"]".repeat(400_000)}`)).not.toThrow();
});
