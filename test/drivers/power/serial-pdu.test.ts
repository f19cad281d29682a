import { describe, expect, it } from "vitest";
import { failureOf } from "../console/socket-suite.ts";
import { type Bench, type BenchSetup, bench, PASSWORD } from "./serial-pdu-wire.ts";

type Family = BenchSetup["family"];
const NAMES = ["web1", "Off", "RPC-3>", "pm>", "db1", "ON", "OFF", "NPS>"];
const PLAIN = NAMES.map((name) => name.replaceAll(" ", "-"));
const LOGINS: Readonly<Partial<Record<Family, BenchSetup["login"]>>> = {
  "baytech-rpc3": { password: PASSWORD },
  "apc-masterswitch": { user: "oob", password: PASSWORD },
  "wti-nps": { password: PASSWORD },
  "cyclades-pm": { user: "oob", password: PASSWORD },
  "servertech-sentry": { user: "oob", password: PASSWORD },
};
const FAMILIES: readonly Family[] = [
  "baytech-rpc3",
  "apc-masterswitch",
  "wti-nps",
  "wti-rps",
  "cyclades-pm",
  "servertech-sentry",
];

function start(family: Family, more: Partial<BenchSetup> = {}): Promise<Bench> {
  const login = LOGINS[family];
  return bench({ family, names: PLAIN, ...(login && { login }), ...more });
}

const statesOf = async (device: Bench) =>
  (await device.done(device.pdu.read())).outlets.map(({ instance, name, state }) => [
    instance,
    name,
    state,
  ]);

describe.each(FAMILIES)("serial PDU %s", (family) => {
  const named = family !== "wti-rps";
  const expected = (device: Bench) =>
    device.mock.outlets.map(({ id, name, on }) => [
      id,
      named ? name : undefined,
      on ? "on" : "off",
    ]);

  it("reads every outlet with its name, whatever the name says", async () => {
    const device = await start(family);
    for (const outlet of device.mock.outlets)
      outlet.on = outlet.id.charCodeAt(outlet.id.length - 1) % 2 === 0;
    expect(await statesOf(device)).toEqual(expected(device));
    expect(await statesOf(device)).toEqual(expected(device));
  });

  it("switches one outlet once, and reads it back", async () => {
    const device = await start(family);
    const [first, second] = device.mock.outlets;
    const id = second?.id ?? "";
    await device.done(device.pdu.command(id, "off"));
    expect(device.mock.commands).toEqual([{ outlet: id, on: false }]);
    expect(second?.on).toBe(false);
    expect(first?.on).toBe(true);
    expect((await device.done(device.pdu.readOutlet(id))).state).toBe("off");
    await device.done(device.pdu.command(id, "on"));
    expect((await device.done(device.pdu.readOutlet(id))).state).toBe("on");
    expect(device.mock.commands).toHaveLength(2);
  });

  it("leaves when it is closed, so that its one session is free", async () => {
    const device = await start(family);
    await device.done(device.pdu.read());
    await device.done(device.pdu.close());
    expect(device.mock.sessions).toBe(0);
    expect(device.line.closed).toBe(true);
    const last = device.line.typed.replaceAll("\x1b", "").split("\r").slice(-2)[0];
    if (named) expect(last).toMatch(/^(?:6|4|exit|logout|\/X,Y)$/);
  });
});

const PROMPTING = FAMILIES.filter((family) => family !== "wti-rps");
const CONFIRMING: readonly Family[] = ["baytech-rpc3", "apc-masterswitch", "wti-nps"];
const PAGING: readonly Family[] = ["baytech-rpc3", "apc-masterswitch", "servertech-sentry"];

describe.each(PROMPTING)("serial PDU %s with a login", (family) => {
  it("offers a wrong password once, and not again when it is opened anew", async () => {
    const device = await start(family, { options: { password: { secret: "wrong" } } });
    const refused = await device.done(failureOf(device.pdu.read()));
    expect(refused).toMatchObject({ code: "LOGIN_REFUSED" });
    expect(refused.message).not.toContain("not-the-one");
    const { mock, clock } = device;
    const again = await start(family, {
      options: { password: { secret: "wrong" } },
      mock,
      at: clock,
    });
    expect(await again.done(failureOf(again.pdu.read()))).toMatchObject({ code: "LOGIN_REFUSED" });
    expect(mock.tried).toEqual(["not-the-one"]);
    expect(mock.commands).toEqual([]);
  });

  it("says that a password is wanted, where none is given", async () => {
    const device = await start(family, { options: { password: undefined } });
    const refused = await device.done(failureOf(device.pdu.read()));
    expect(refused).toMatchObject({ code: "LOGIN_REFUSED" });
    expect(refused.message).toContain("password");
    expect(device.mock.tried).toEqual([]);
  });

  it("reads the same where nothing that is typed comes back, and without a login", async () => {
    const silent = await start(family, { silentKeys: true });
    expect((await statesOf(silent)).length).toBe(PLAIN.length);
    const id = silent.mock.outlets[0]?.id ?? "";
    await silent.done(silent.pdu.command(id, "off"));
    expect((await silent.done(silent.pdu.readOutlet(id))).state).toBe("off");
    if (family === "apc-masterswitch") return;
    const open = await bench({ family, names: PLAIN });
    expect((await statesOf(open)).length).toBe(PLAIN.length);
  });

  it("finds its way on a line where somebody is logged in already", async () => {
    const first = await start(family, { serial: true });
    const { mock, clock } = first;
    expect((await statesOf(first)).length).toBe(PLAIN.length);
    // The same line, never left: the session is where it was.
    await first.done(first.pdu.read());
    await first.line.link.write(Buffer.from(family === "apc-masterswitch" ? "3\r1\r" : "on"));
    expect((await statesOf(first)).length).toBe(PLAIN.length);
    expect(mock.commands).toEqual([]);
    expect(clock.monotonic()).toBeGreaterThan(0);
  });

  it("logs in again after the PDU has started anew, and a command that was cut short is unknown", async () => {
    for (const restarts of ["before", "after"] as const) {
      const device = await start(family, { serial: true });
      await device.done(device.pdu.read());
      device.mock.faults.restarts = restarts;
      const id = device.mock.outlets[2]?.id ?? "";
      const lost = await device.done(failureOf(device.pdu.command(id, "off")));
      expect(lost.code).toBe("PDU_SILENT");
      await device.done(device.pdu.close());
      const again = await start(family, { mock: device.mock, at: device.clock });
      const state = restarts === "before" ? "on" : "off";
      expect((await again.done(again.pdu.readOutlet(id))).state).toBe(state);
      expect(device.mock.commands).toHaveLength(restarts === "before" ? 0 : 1);
    }
  });
});

describe.each(CONFIRMING)("serial PDU %s that asks before it switches", (family) => {
  it("answers a question about this outlet, and no to one about another", async () => {
    const device = await start(family, { confirms: true });
    await device.done(device.pdu.command("2", "off"));
    expect(device.mock.commands).toEqual([{ outlet: "2", on: false }]);
    device.mock.faults.asksForAnother = true;
    const refused = await device.done(failureOf(device.pdu.command("4", "off")));
    expect(refused).toMatchObject({ code: "PDU_REFUSED" });
    expect(refused.message).toContain("told no");
    expect(device.mock.commands).toHaveLength(1);
    delete device.mock.faults.asksForAnother;
    expect((await device.done(device.pdu.readOutlet("4"))).state).toBe("on");
  });
});

describe.each(PAGING)("serial PDU %s that waits within its table", (family) => {
  it("reads all of 24 outlets", async () => {
    const names = Array.from({ length: 24 }, (_, i) => `host${i + 1}`);
    const device = await start(family, { names, page: 9 });
    expect((await statesOf(device)).map(([, name]) => name)).toEqual(names);
    const id = device.mock.outlets[20]?.id ?? "";
    await device.done(device.pdu.command(id, "off"));
    expect((await device.done(device.pdu.readOutlet(id))).state).toBe("off");
    expect(device.mock.commands).toEqual([{ outlet: id, on: false }]);
  });
});

describe("serial PDU", () => {
  it("a state that the family has no word for is unknown, and says so", async () => {
    const device = await start("baytech-rpc3");
    device.mock.faults.says = { 3: "Fused", 4: "Offline" };
    const { outlets } = await device.done(device.pdu.read());
    expect(outlets[2]).toMatchObject({ state: "unknown", note: 'it says "Fused"' });
    expect(outlets[3]?.state).toBe("unknown");
    expect(outlets[4]?.state).toBe("on");
  });

  it("servertech-sentry: a state that is to change is pending", async () => {
    const device = await start("servertech-sentry");
    device.mock.faults.says = { ".AA2": "Off", ".AA3": "Off Wait" };
    const { outlets } = await device.done(device.pdu.read());
    expect(outlets[1]).toMatchObject({ state: "off", pending: true });
    expect(outlets[2]).toMatchObject({ state: "unknown", pending: true });
  });

  it("cyclades-pm: a locked outlet says so, and refuses", async () => {
    const device = await start("cyclades-pm", { locked: ["3"] });
    expect((await device.done(device.pdu.readOutlet("3"))).refuses).toBe("locked");
    const refused = await device.done(failureOf(device.pdu.command("3", "off")));
    expect(refused).toMatchObject({ code: "PDU_REFUSED" });
    expect(refused.message).toContain("locked");
    expect(device.mock.commands).toEqual([]);
  });

  it.each(["cyclades-pm", "servertech-sentry", "wti-rps"] as const)(
    "%s: an answer about another outlet is no answer",
    async (family) => {
      const device = await start(family);
      device.mock.faults.asksForAnother = true;
      const id = device.mock.outlets[0]?.id ?? "";
      const refused = await device.done(failureOf(device.pdu.command(id, "off")));
      expect(refused.message).toContain("answers for outlet");
    },
  );

  it("sends nothing to an outlet that the table does not list", async () => {
    const device = await start("wti-nps");
    for (const id of ["9", "1\r/OFF *", "*"])
      expect(await device.done(failureOf(device.pdu.command(id, "off")))).toMatchObject({
        code: "OUTLET_UNKNOWN",
      });
    expect(device.mock.commands).toEqual([]);
    expect(device.line.typed).not.toContain("*");
  });

  it("says who has it, where somebody else is logged in", async () => {
    const device = await start("baytech-rpc3", { faults: { busy: true } });
    const busy = await device.done(failureOf(device.pdu.read()));
    expect(busy).toMatchObject({ code: "PORT_BUSY" });
    expect(busy.message).toContain("in use by another user");
  });

  it("a row that runs into the next one gives its state to no other outlet", async () => {
    const names = ["web1", "web2", "web3"];
    const clean = await bench({ family: "cyclades-pm", names });
    await clean.done(clean.pdu.read());
    // From the name of outlet 2 to the state of outlet 3, in the first table of the second reading: outlet 3 is gone.
    const text = clean.line.said;
    const second = text.indexOf("web2\t", text.indexOf("web2\t") + 1);
    const lost = text.indexOf("Unlocked", text.indexOf("web3", second)) - (second + 6);
    const wire = { damage: [{ at: second + 6, lost, as: "" }] };
    const device = await bench({ family: "cyclades-pm", names, wire });
    const [, two, three] = device.mock.outlets;
    if (two) two.on = false;
    expect(three?.on).toBe(true);
    const { outlets } = await device.done(device.pdu.read());
    expect(device.line.said).toMatch(/2\tweb2\t+Unlocked ON\t/);
    expect(outlets.map(({ state }) => state)).toEqual(["on", "off", "on"]);
  });

  it("a table that differs each time is not believed", async () => {
    const device = await start("cyclades-pm", {
      wire: {
        damage: Array.from({ length: 40 }, (_, i) => ({ at: 250 + i * 97, lost: 20 + i, as: "" })),
      },
    });
    const silent = await device.done(failureOf(device.pdu.read()));
    expect(silent.code).toBe("PDU_SILENT");
  });
});
