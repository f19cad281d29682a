import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import qemu from "../../drivers/console/qemu.ts";
import { readOptions } from "../../src/config/option-values.ts";
import type { Link } from "../../src/sdk/link.ts";
import { failureOf, openContext } from "../drivers/console/socket-suite.ts";
import { buildImages, type Images } from "./rig/images.ts";
import { LinkReader } from "./rig/link-reader.ts";
import { freePort } from "./rig/machine.ts";

const PROMPT = /(?:login|Password): /;
const folder = mkdtempSync(join(tmpdir(), "oob-qemu-"));
const path = (name: string) => join(folder, name);
const links: Link[] = [];
const machines: ChildProcess[] = [];
let images: Images;

beforeAll(async () => {
  images = await buildImages();
});

afterEach(async () => {
  for (const link of links.splice(0)) await link.close();
});

afterAll(() => {
  for (const machine of machines) machine.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

function start(name: string, console: readonly string[], append = "console=ttyS0"): ChildProcess {
  const machine = spawn(
    "qemu-system-x86_64",
    [
      ...["-accel", "tcg", "-m", "192", "-display", "none", "-monitor", "none", "-net", "none"],
      ...["-kernel", images.kernel, "-initrd", images.initrd, "-append", append],
      ...["-qmp", `unix:${path(`${name}.qmp`)},server=on,wait=off`, ...console],
    ],
    { stdio: ["ignore", "ignore", "inherit"] },
  );
  machines.push(machine);
  return machine;
}

async function open(raw: Record<string, unknown>): Promise<Link> {
  const { values, problems } = readOptions(qemu.options, raw);
  expect(problems).toEqual([]);
  const link = await qemu.open(values, openContext());
  links.push(link);
  return link;
}

/** Opens as soon as the machine is there. */
async function opened(raw: Record<string, unknown>): Promise<LinkReader> {
  for (let tries = 0; ; tries++) {
    try {
      return new LinkReader(await open(raw));
    } catch (thrown) {
      if (tries > 600) throw thrown;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

async function atLogin(raw: Record<string, unknown>): Promise<LinkReader> {
  const reader = await opened(raw);
  for (let tries = 0; ; tries++) {
    const from = await reader.type("\r");
    const seen = await reader.until(PROMPT, 5000, from).catch(() => undefined);
    if (seen !== undefined) return reader;
    if (tries > 60) throw new Error(`no login prompt: ${JSON.stringify(reader.text)}`);
  }
}

/** The kernel takes the key within five seconds of the BREAK: both again, where a machine got no turn for so long. */
async function expectSysrq(reader: LinkReader): Promise<void> {
  for (let tries = 1; ; tries++) {
    await reader.link.sendBreak?.(500);
    const from = await reader.type("h");
    const seen = await reader.until(/sysrq: HELP/, 20_000, from).catch(() => undefined);
    if (seen !== undefined) return;
    if (tries === 6) throw new Error(`no help of SysRq: ${JSON.stringify(reader.text)}`);
  }
}

describe("a machine with three serial ports", () => {
  let telnetPort: number;
  let machine: ChildProcess;
  const begin = () => {
    machine = start("vm", [
      ...["-chardev", `socket,id=con0,path=${path("vm.console")},server=on,wait=off`],
      ...["-serial", "chardev:con0"],
      ...[
        "-chardev",
        `socket,id=con1,host=127.0.0.1,port=${telnetPort},telnet=on,server=on,wait=off`,
      ],
      ...["-serial", "chardev:con1", "-chardev", "pty,id=con2", "-serial", "chardev:con2"],
    ]);
  };

  beforeAll(async () => {
    telnetPort = await freePort();
    begin();
  });

  test("Unix socket: bytes, and BREAK with the chardev found by QMP", async () => {
    const reader = await atLogin({ path: path("vm.console"), qmp: path("vm.qmp") });
    await expectSysrq(reader);
  });

  test("Unix socket without QMP has no BREAK, and does not pretend to", async () => {
    expect((await open({ path: path("vm.console") })).sendBreak).toBeUndefined();
  });

  test("a console that another client has is PORT_BUSY", async () => {
    const raw = { path: path("vm.console"), qmp: path("vm.qmp") };
    await atLogin(raw);
    expect(await failureOf(open(raw))).toMatchObject({
      code: "PORT_BUSY",
      message: 'Cannot open chardev "con0": another client has it',
    });
  });

  test("a chardev that is none, and a path that QEMU does not know, are named with those it has", async () => {
    const failure = await failureOf(open({ qmp: path("vm.qmp"), chardev: "nope" }));
    expect(failure).toMatchObject({
      code: "LINK_REFUSED",
      message: expect.stringMatching(/Cannot find chardev "nope".*con0, con1, con2/),
    });
    const nobody = { path: path("nobody"), qmp: path("vm.qmp") };
    expect((await failureOf(open(nobody))).message).toContain("no such socket");
  });

  test("telnet and pty: found by QMP alone, and BREAK reaches the kernel on the console port only", async () => {
    const telnet = await opened({ qmp: path("vm.qmp"), chardev: "con1" });
    expect(telnet.link.label).toContain(`:${telnetPort}`);
    await telnet.link.sendBreak?.(500);
    const direct = await failureOf(open({ qmp: path("vm.qmp"), chardev: "con1" }));
    expect(direct.code).toBe("PORT_BUSY");
    const pty = await opened({ qmp: path("vm.qmp"), chardev: "con2" });
    expect(pty.link.label).toContain("/dev/pts/");
    await pty.link.sendBreak?.(500);
  });

  test("a machine whose QEMU ended and started again can be opened again", async () => {
    const raw = { path: path("vm.console"), qmp: path("vm.qmp") };
    const reader = await opened(raw);
    machine.kill("SIGKILL");
    await once(machine, "exit");
    await reader.ended;
    expect((await failureOf(open(raw))).code).toBe("LINK_REFUSED");
    begin();
    const again = await atLogin(raw);
    await expectSysrq(again);
  });
});

test("pty: BREAK through QMP, where tcsendbreak would be lost", async () => {
  start("pty", ["-chardev", "pty,id=con0", "-serial", "chardev:con0"]);
  await expectSysrq(await atLogin({ qmp: path("pty.qmp"), chardev: "con0" }));
});

test("telnet: BREAK of its own without QMP, and through QMP with it", async () => {
  const port = await freePort();
  start("telnet", ["-serial", `telnet:127.0.0.1:${port},server=on,wait=off`]);
  const reader = await atLogin({ host: "127.0.0.1", port });
  await expectSysrq(reader);
  await reader.link.close();
  await expectSysrq(await atLogin({ host: "127.0.0.1", port, qmp: path("telnet.qmp") }));
});

test("virtio console: bytes, and BREAK is refused instead of dropped", async () => {
  start(
    "virtio",
    [
      ...["-device", "virtio-serial-pci", "-device", "virtconsole,chardev=con0"],
      ...["-chardev", `socket,id=con0,path=${path("virtio.console")},server=on,wait=off`],
    ],
    "console=hvc0",
  );
  const reader = await opened({ path: path("virtio.console"), qmp: path("virtio.qmp") });
  expect(await failureOf(reader.link.sendBreak?.(500) ?? Promise.resolve())).toMatchObject({
    code: "LINK_UNSUPPORTED",
    message: expect.stringContaining("a virtio console has no BREAK"),
  });
});
