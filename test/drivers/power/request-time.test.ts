import { connect, createServer, type Socket } from "node:net";
import { expect, test } from "vitest";
import dli from "../../../drivers/power/dli.ts";
import exec from "../../../drivers/power/exec.ts";
import gude from "../../../drivers/power/gude.ts";
import libvirt from "../../../drivers/power/libvirt.ts";
import netio from "../../../drivers/power/netio.ts";
import nut from "../../../drivers/power/nut.ts";
import powerman from "../../../drivers/power/powerman.ts";
import qemu from "../../../drivers/power/qemu.ts";
import redfish from "../../../drivers/power/redfish.ts";
import shelly from "../../../drivers/power/shelly.ts";
import snmp from "../../../drivers/power/snmp.ts";
import tasmota from "../../../drivers/power/tasmota.ts";
import vmware from "../../../drivers/power/vmware.ts";
import { RedfishMock } from "../../../mocks/redfish-service.ts";
import { readOptions } from "../../../src/config/option-values.ts";
import { PduQueue } from "../../../src/core/power/power-queue.ts";
import { ManualClock, systemClock } from "../../../src/lib/clock.ts";
import { MAX_REQUEST_TIME } from "../../../src/sdk/power.ts";
import { failureOf } from "../console/socket-suite.ts";
import { contextWith } from "./context.ts";

const DRIVERS = {
  qemu,
  libvirt,
  vmware,
  exec,
  nut,
  powerman,
  redfish,
  netio,
  gude,
  dli,
  shelly,
  tasmota,
};

test.each(Object.entries(DRIVERS))("%s: a request may not outlive who asked", (_name, driver) => {
  const problemsOf = (timeout: string) =>
    readOptions(driver.options, { timeout }).problems.filter(({ option }) => option === "timeout");
  expect(problemsOf("18s")).toEqual([]);
  expect(problemsOf("19s")).toHaveLength(1);
});

test("snmp: all tries of a request together may not outlive who asked", () => {
  const faultsOf = (timeout: string) => {
    const { values } = readOptions(snmp.options, { host: "pdu-a", auth: "env:PASSWORD", timeout });
    return snmp.check?.(values)?.filter(({ option }) => option === "timeout");
  };
  expect(faultsOf("6s")).toEqual([]);
  expect(faultsOf("7s")).toHaveLength(1);
});

test("an off that was held up does not go out behind the on that was ordered since", async () => {
  const asked: string[] = [];
  let held: Socket | undefined;
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.on("data", (bytes) => {
      asked.push(bytes.toString().trim());
      if (held === undefined) held = socket;
      else socket.write("OK\n");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  const { values } = readOptions(nut.options, {
    host: "127.0.0.1",
    port,
    ups: "u",
    timeout: "18s",
  });
  const clock = new ManualClock();
  const queue = new PduQueue("p", async () => nut.open(values, { ...contextWith(), clock }), clock);
  const off = failureOf(queue.run((pdu) => pdu.command("outlet.1", "off")));
  await expect.poll(() => asked).toEqual(["SET TRACKING ON"]);
  await clock.advance(MAX_REQUEST_TIME);
  expect((await off).code).toBe("PDU_SILENT");
  await queue.run((pdu) => pdu.command("outlet.1", "on"));
  held?.write("OK\n");
  await new Promise<void>((resolve) => server.close(() => resolve()));
  expect(asked).toEqual(["SET TRACKING ON", "SET TRACKING ON", "INSTCMD u outlet.1.load.on"]);
});

test("redfish: an off whose questions were held up does not go out when nobody waits for it any more", async () => {
  const clock = new ManualClock();
  const login = { user: "late", password: "hunter2" };
  const mock = new RedfishMock(systemClock, login);
  const port = await mock.http.listen();
  const asked: string[] = [];
  const held: (() => void)[] = [];
  const relay = createServer((socket) => {
    const bmc = connect(port, "127.0.0.1");
    for (const end of [socket, bmc]) end.on("error", () => undefined);
    socket.once("close", () => bmc.destroy());
    bmc.once("close", () => socket.destroy());
    bmc.on("data", (bytes) => socket.write(bytes));
    socket.on("data", (bytes) => {
      asked.push(/^[A-Z]+ \S+/.exec(bytes.toString())?.[0] ?? "");
      held.push(() => bmc.write(bytes));
    });
  });
  await new Promise<void>((resolve) => relay.listen(0, "127.0.0.1", resolve));
  const address = relay.address();
  const { values } = readOptions(redfish.options, {
    ...{ host: "127.0.0.1", port: typeof address === "object" ? address?.port : 0, tls: false },
    ...{ insecure: true, user: login.user, password: "secret:bmc", timeout: "10s" },
  });
  const context = { ...contextWith({ bmc: login.password }), clock };
  const queue = new PduQueue("p", () => redfish.open(values, context), clock);
  const off = failureOf(queue.run((pdu, late) => pdu.command("1", "off", late)));
  // Each answer comes 7 s late, which is in time for its request.
  for (let n = 1; n <= 4; n++) {
    await expect.poll(() => held, { timeout: 15_000 }).toHaveLength(n);
    await clock.advance(7000);
    held[n - 1]?.();
  }
  expect((await off).code).toBe("PDU_SILENT");
  // It leaves, instead of the reset.
  await expect
    .poll(() => asked, { timeout: 15_000 })
    .toEqual([
      "GET /redfish/v1/",
      "POST /redfish/v1/SessionService/Sessions",
      "GET /redfish/v1/Systems",
      "GET /redfish/v1/Systems/1",
      expect.stringMatching(/^DELETE /),
    ]);
  held[4]?.();
  await queue.close();
  await new Promise<void>((resolve) => relay.close(() => resolve()));
  await mock.http.close();
  expect(mock.resets).toEqual([]);
});
