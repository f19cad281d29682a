import { mkdtempSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, describe, expect, it } from "vitest";
import qemu from "../../../drivers/console/qemu.ts";
import type { Link } from "../../../src/sdk/link.ts";
import type { OptionValues } from "../../../src/sdk/options.ts";
import { failureOf, openContext, Peer, testSocketDriver } from "./socket-suite.ts";

const folder = mkdtempSync(join(tmpdir(), "oob-qemu-"));
const closing: (() => unknown)[] = [];
let made = 0;

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

interface Asked {
  readonly execute: string;
  readonly arguments?: Record<string, unknown>;
}

/** A QMP socket; what was asked of it is kept. */
async function machine(chardevs: readonly object[], virtio?: string) {
  const path = join(folder, `${made++}.qmp`);
  const asked: Asked[] = [];
  const answer = ({ execute, arguments: given }: Asked): unknown => {
    if (execute === "query-chardev") return chardevs;
    if (execute === "qom-get") return virtio ?? "";
    const device = [{ name: "device[0]", type: "child<virtconsole>" }];
    if (execute === "qom-list") return given?.path === "/machine/peripheral-anon" ? device : [];
    return {};
  };
  const server: Server = createServer((socket) => {
    const say = (message: object) => socket.write(`${JSON.stringify(message)}\r\n`);
    socket.on("error", () => undefined);
    say({ QMP: { version: { qemu: { major: 7, minor: 2, micro: 0 } }, capabilities: [] } });
    createInterface(socket).on("line", (line) => {
      const message = JSON.parse(line) as Asked & { id: number };
      asked.push(message);
      say({ return: answer(message), id: message.id });
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  closing.push(() => new Promise((resolve) => server.close(resolve)));
  return { path, asked, breaks: () => asked.filter(({ execute }) => execute.endsWith("break")) };
}

/** A console's Unix socket. */
async function consoleSocket(): Promise<string> {
  const path = join(folder, `${made++}.console`);
  const peer = new Peer();
  await peer.listen(path);
  closing.push(() => peer.close());
  return path;
}

async function open(options: OptionValues): Promise<Link> {
  const link = await qemu.open(options, openContext());
  closing.push(() => link.close());
  return link;
}

const at = (label: string, path: string, prefix = "disconnected:") => ({
  label,
  filename: `${prefix}unix:${path},server=on`,
});

describe("console driver qemu", () => {
  testSocketDriver(qemu, async () => {
    const peer = new Peer();
    const path = join(folder, `${made++}.sock`);
    await peer.listen(path);
    return { peer, options: { path } };
  });

  it("sendBreak() goes to the chardev that QEMU has at this path", async () => {
    const path = await consoleSocket();
    const qmp = await machine([at("other", "/x"), at("con0", path)]);
    await (await open({ path, qmp: qmp.path })).sendBreak?.(250);
    expect(qmp.breaks()).toMatchObject([{ arguments: { id: "con0" } }]);
  });

  it("sendBreak() to a virtio console is refused, and not sent", async () => {
    const path = await consoleSocket();
    const qmp = await machine([at("con0", path)], "con0");
    const link = await open({ path, qmp: qmp.path });
    expect(await failureOf(link.sendBreak?.(250) ?? Promise.resolve())).toMatchObject({
      code: "LINK_UNSUPPORTED",
      message: expect.stringContaining("a virtio console has no BREAK"),
    });
    expect(qmp.breaks()).toEqual([]);
  });

  it("without QMP there is no BREAK on a Unix socket", async () => {
    expect((await open({ path: await consoleSocket() })).sendBreak).toBeUndefined();
  });

  it("a console that somebody else has is PORT_BUSY", async () => {
    const path = await consoleSocket();
    const qmp = await machine([at("con0", path, "")]);
    expect((await failureOf(open({ path, qmp: qmp.path }))).code).toBe("PORT_BUSY");
  });

  it("finds the console by its chardev alone, and names those that there are", async () => {
    const path = await consoleSocket();
    const qmp = await machine([at("con0", path), { label: "aux", filename: "null" }]);
    expect((await open({ qmp: qmp.path, chardev: "con0" })).label).toBe(`${path} qemu`);
    const wrong = (chardev: string) => failureOf(open({ qmp: qmp.path, chardev }));
    expect((await wrong("nope")).message).toBe('Cannot find chardev "nope": QEMU has aux, con0');
    expect((await wrong("aux")).message).toBe('Cannot open chardev "aux": it is "null"');
  });

  it("a QMP socket that is gone does not keep the console from being opened", async () => {
    const path = await consoleSocket();
    const link = await open({ path, qmp: join(folder, "nobody") });
    expect((await failureOf(link.sendBreak?.(250) ?? Promise.resolve())).code).toBe(
      "LINK_UNSUPPORTED",
    );
  });

  it("check() wants one place", () => {
    const faults = (options: OptionValues) => (qemu.check?.(options) ?? []).length;
    expect(faults({})).toBe(1);
    expect(faults({ qmp: "/q" })).toBe(1);
    expect(faults({ path: "/p", host: "h", port: 1 })).toBe(1);
    expect(faults({ path: "/p" }) + faults({ host: "h", port: 1 })).toBe(0);
    expect(faults({ qmp: "/q", chardev: "con0" })).toBe(0);
  });
});
