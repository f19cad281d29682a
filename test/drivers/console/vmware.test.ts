import { afterEach, describe, expect, it } from "vitest";
import vmware from "../../../drivers/console/vmware.ts";
import { VmwareVm, type VmwareVmOptions } from "../../../mocks/vmware-vm.ts";
import { VMWARE_SUBOPTION as SUB } from "../../../src/codec/vmware-telnet.ts";
import { utf8 } from "../../../src/lib/bytes.ts";
import { ManualClock } from "../../../src/lib/clock.ts";
import type { Link, LinkNotice, OpenContext } from "../../../src/sdk/link.ts";
import type { OptionValues } from "../../../src/sdk/options.ts";
import { LinkReader } from "../../e2e/rig/link-reader.ts";
import { freePort } from "../../e2e/rig/machine.ts";
import { failureOf, openContext } from "./socket-suite.ts";

const UUID = "503a0c11-2233-4455-6677-8899aabbccdd";
const AS_TOLD = "50 3a 0c 11 22 33 44 55-66 77 88 99 aa bb cc dd";
const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function listening(): Promise<{ port: number; options: OptionValues & { listen: string } }> {
  const port = await freePort();
  return { port, options: { listen: `127.0.0.1:${port}`, uuid: UUID } };
}

function openLink(options: OptionValues, over: Partial<OpenContext> = {}): Promise<Link> {
  const opening = vmware.open(options, openContext(over));
  void opening.then(
    (link) => open.push(link),
    () => undefined,
  );
  return opening;
}

/** Connects as soon as somebody listens. */
async function powerOn(port: number, more: VmwareVmOptions = {}): Promise<VmwareVm> {
  for (;;) {
    const vm = new VmwareVm(port, { uuid: AS_TOLD, name: "web1", ...more });
    open.push(vm);
    await vm.until(() => vm.isClosed || vm.heard.length > 0);
    if (!vm.isClosed) return vm;
  }
}

const served = (vm: VmwareVm) => vm.until(() => vm.answer(SUB.willProxy) !== undefined);

/** A link that is read, and the machine at its other end. */
async function pair(more: VmwareVmOptions = {}, over: Partial<OpenContext> = {}) {
  const { port, options } = await listening();
  const opening = openLink(options, over);
  const vm = await powerOn(port, more);
  const link = await opening;
  const notices: string[] = [];
  link.onNotice?.((notice: LinkNotice) => notice.is === "note" && notices.push(notice.text));
  return { port, options, vm, link, notices, reader: new LinkReader(link) };
}

describe("console driver vmware", () => {
  it("takes a machine by UUID, written as the host writes it, and carries every byte both ways", async () => {
    const { vm, reader } = await pair();
    const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const text = Buffer.from(all).toString("latin1");
    vm.print(all);
    await reader.until(text);
    await reader.link.write(all);
    await vm.until(() => vm.typed.length >= 256);
    expect(vm.typed).toBe(text);
    expect(reader.text).toBe(text);
  });

  it("answers a proxy request that comes before the machine said who it is", async () => {
    const { vm, reader } = await pair({ proxyFirst: true });
    vm.print(utf8("login: "));
    await reader.until("login: ");
  });

  it("tells machines at one port apart, by UUID, name and the port's URI", async () => {
    const { port, options } = await listening();
    const { listen } = options;
    const links = [
      openLink({ listen, uuid: UUID, service: "first" }),
      openLink({ listen, uuid: UUID, service: "second" }),
      openLink({ listen, name: "db1" }),
      openLink({ listen, uuid: "11111111222233334444555566667777" }),
    ];
    const machines = [
      await powerOn(port, { uri: "second" }),
      await powerOn(port, { name: "db1", uuid: "00".repeat(16) }),
      await powerOn(port, { uuid: "00".repeat(16), biosUuid: "1111111122223333-4444555566667777" }),
      await powerOn(port, { uri: "first" }),
    ];
    const readers = (await Promise.all(links)).map((link) => new LinkReader(link));
    for (const [at, vm] of machines.entries()) vm.print(utf8(`I am ${at}.`));
    const seen = await Promise.all(readers.map((reader) => reader.until(".")));
    expect(seen).toEqual(["I am 3.", "I am 0.", "I am 1.", "I am 2."]);
  });

  it("refuses a machine that nobody has configured, one set to client, one that says nothing, and says so", async () => {
    const clock = new ManualClock();
    const { port, notices } = await pair({}, { clock });
    const stranger = await powerOn(port, { uuid: "00".repeat(16), name: "evil\x1b[2J" });
    const client = await powerOn(port, { direction: "C" });
    await client.until(() => client.answer(SUB.wontProxy) !== undefined);
    const mute = await powerOn(port, { mute: true });
    await stranger.until(() => stranger.answer(SUB.knownSuboptions2) !== undefined);
    while (notices.length < 3) await clock.advance(1000);
    await stranger.until(() => stranger.answer(SUB.wontProxy) !== undefined);
    await mute.until(() => mute.answer(SUB.wontProxy) !== undefined);
    expect(notices.join("\n")).toMatch(/"web1".*set to client/);
    expect(notices.join("\n")).toMatch(
      /refused "evil\^\[\[2J" \(0{32}\) from .*nobody has configured/,
    );
    expect(notices.join("\n")).toMatch(/does not say who it is/);
  });

  it("waits for the machine, says where, and gives up when told", async () => {
    const { options } = await listening();
    const told: string[] = [];
    const controller = new AbortController();
    const opening = openLink(options, {
      signal: controller.signal,
      progress: (text) => {
        told.push(text);
        controller.abort();
      },
    });
    expect((await failureOf(opening)).code).toBe("INTERRUPTED");
    expect(told).toEqual([`waits for ${UUID} to connect to ${options.listen}`]);
  });

  it("an address that another process listens on is PORT_BUSY", async () => {
    const { port } = await pair();
    const { createServer } = await import("node:net");
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const address = other.address();
    const taken = typeof address === "object" && address ? address.port : port;
    const failure = await failureOf(openLink({ listen: `127.0.0.1:${taken}`, uuid: UUID }));
    expect(failure).toMatchObject({
      code: "PORT_BUSY",
      message: `Cannot listen on "127.0.0.1:${taken}": another process does`,
    });
    await new Promise((resolve) => other.close(resolve));
  });

  it("check() refuses all addresses, entries without a machine, and half a certificate", () => {
    const faults = (options: OptionValues) =>
      (vmware.check?.(options) ?? []).map(({ option }) => option);
    expect(faults({ listen: "0.0.0.0:1", uuid: UUID })).toEqual(["listen"]);
    expect(faults({ listen: "[::]:1", uuid: UUID })).toEqual(["listen"]);
    expect(faults({ listen: "10.0.0.1", uuid: UUID })).toEqual(["listen"]);
    expect(faults({ listen: "10.0.0.1:1" })).toEqual(["listen"]);
    expect(faults({ listen: "10.0.0.1:1", uuid: "web1" })).toEqual(["uuid"]);
    expect(faults({ listen: "10.0.0.1:1", uuid: UUID, "tls-cert": "c" })).toEqual(["tls-cert"]);
    expect(faults({ listen: "[fd00::1]:1", uuid: AS_TOLD })).toEqual([]);
  });
});

describe("console driver vmware, when the machine moves", () => {
  it("hands over without a byte lost or doubled, in both directions", async () => {
    const { port, vm, link, reader } = await pair();
    let printed = "";
    const print = (from: VmwareVm, bytes: number) => {
      const text = Array.from({ length: bytes }, (_, at) =>
        String((printed.length + at) % 10),
      ).join("");
      printed += text;
      from.print(utf8(text));
    };
    let current = vm;
    let typed = "";
    for (let move = 0; move < 5; move++) {
      print(current, 1000 + move * 7001);
      const cookie = await current.beginMove(utf8(`seq\xff${move}`));
      const early = link.write(utf8(`<${move}>`));
      const next = await current.arrive(port, cookie);
      open.push(next);
      // The last words of the old host, more than what is read before the new one says COMPLETE.
      print(current, 300_000);
      expect(next.typed).toBe("");
      next.say(SUB.vmotionComplete, utf8(`seq\xff${move}`));
      print(next, 500);
      await early;
      await next.until(() => next.typed !== "");
      typed += next.typed;
      current = next;
    }
    await reader.until(printed.slice(-40), 10_000, printed.length - 40);
    expect(reader.text).toBe(printed);
    expect(typed).toBe("<0><1><2><3><4>");
  });

  it("goes on with the old connection when the move is given up", async () => {
    const { port, vm, link, reader, notices } = await pair();
    const cookie = await vm.beginMove();
    const next = await vm.arrive(port, cookie);
    open.push(next);
    const typing = link.write(utf8("typed"));
    vm.say(SUB.vmotionAbort, utf8("seq1"));
    await typing;
    await vm.until(() => vm.typed === "typed");
    vm.print(utf8("still here"));
    await reader.until("still here");
    expect(next.typed).toBe("");
    expect(notices).toContain("the move to another host was given up");
  });

  it("believes no connection that does not have the secret", async () => {
    const { port, vm, reader } = await pair();
    const cookie = await vm.beginMove();
    const wrong = cookie.map((byte, at) => (at === cookie.length - 1 ? byte ^ 1 : byte));
    const thief = await powerOn(port);
    thief.say(SUB.vmotionPeer, wrong);
    await thief.until(() => thief.answer(SUB.unknownSuboption2) !== undefined);
    thief.say(SUB.vmotionComplete, utf8("seq1"));
    thief.print(utf8("stolen"));
    const next = await vm.arrive(port, cookie);
    open.push(next);
    next.say(SUB.vmotionComplete, utf8("seq1"));
    next.print(utf8("moved"));
    await reader.until("moved");
    expect(reader.text).toBe("moved");
  });

  it("a machine that connects anew without a move ends the Link, and the next one has it at once", async () => {
    const { port, options, vm, link, reader } = await pair();
    vm.print(utf8("before"));
    await reader.until("before");
    const again = await powerOn(port);
    await served(again);
    again.print(utf8("after"));
    expect(await reader.ended).toMatchObject({ code: "LINK_LOST" });
    expect(reader.text).toBe("before");
    await link.close();
    const second = new LinkReader(await openLink(options));
    await second.until("after");
  });

  it("what came while nobody read is there for the next Link", async () => {
    const { options, vm, link } = await pair();
    await link.close();
    vm.print(utf8("between"));
    const reader = new LinkReader(await openLink(options));
    await reader.until("between");
    expect(reader.text).toBe("between");
  });
});
