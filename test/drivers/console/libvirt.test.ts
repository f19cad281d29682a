import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import libvirt from "../../../drivers/console/libvirt.ts";
import { latin1 } from "../../../src/lib/bytes.ts";
import type { Link } from "../../../src/sdk/link.ts";
import type { OptionValues } from "../../../src/sdk/options.ts";
import { LinkReader } from "../../e2e/rig/link-reader.ts";
import { failureOf, openContext } from "./socket-suite.ts";

const folder = mkdtempSync(join(tmpdir(), "oob-virsh-"));
const links: Link[] = [];
let made = 0;

afterEach(async () => {
  for (const link of links.splice(0)) await link.close();
});

/** A stand-in for virsh: writes down its words, then does what the script says. */
function virsh(script: string): { tool: string; calls: () => string } {
  const tool = join(folder, `virsh${made++}`);
  writeFileSync(tool, `#!/bin/sh\necho "$@" >> ${tool}.calls\n${script}\n`);
  chmodSync(tool, 0o755);
  return { tool, calls: () => readFileSync(`${tool}.calls`, "utf8") };
}

const CONNECTED = `echo "Connected to domain 'vm1'"; echo 'Escape character is ^^ (Ctrl + ^)'; stty raw -echo; `;

async function open(tool: string, more: OptionValues = {}): Promise<LinkReader> {
  const link = await libvirt.open({ domain: "vm1", tool, ...more }, openContext());
  links.push(link);
  return new LinkReader(link);
}

describe("console driver libvirt", () => {
  it("connects with the words asked for, and gives the host's bytes alone", async () => {
    const { tool, calls } = virsh(`${CONNECTED} printf 'login: '; exec cat`);
    const reader = await open(tool, {
      uri: "qemu:///x",
      devname: "serial1",
      take: true,
      safe: true,
    });
    expect(calls()).toBe("-e ^^ -c qemu:///x console vm1 --devname serial1 --force --safe\n");
    const all = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => byte !== 0x1e);
    await reader.link.write(Uint8Array.from(all));
    await reader.until(String.fromCharCode(...all));
    expect(reader.text).toBe(`login: ${String.fromCharCode(...all)}`);
  });

  it("write() refuses virsh's own escape byte as a whole", async () => {
    const reader = await open(virsh(`${CONNECTED} exec cat`).tool);
    expect((await failureOf(reader.link.write(latin1("a\x1eb")))).code).toBe("LINK_UNSUPPORTED");
    await reader.link.write(latin1("x"));
    await reader.until("x");
    expect(reader.text).toBe("x");
  });

  it.each([
    ["operation failed: Active console session exists for this domain", "PORT_BUSY"],
    ["The domain is not running", "LINK_REFUSED"],
    ["failed to get domain", "LINK_REFUSED"],
    ["failed to connect to the hypervisor", "LINK_REFUSED"],
  ] as const)("%s is %s, also after virsh said that it is connected", async (said, code) => {
    for (const before of ["", CONNECTED])
      expect(
        await failureOf(open(virsh(`${before} echo 'error: ${said}' >&2; exit 1`).tool)),
      ).toMatchObject({
        code,
        message: `Cannot open libvirt vm1: virsh says "${said}"`,
        hint: expect.any(String),
      });
  });

  it("sendBreak() asks the domain's monitor, and says why it cannot", async () => {
    const { tool, calls } = virsh(
      `case "$*" in *monitor*) cat "$0.answer"; exit;; esac; ${CONNECTED} exec cat`,
    );
    writeFileSync(`${tool}.answer`, '{"return":{},"id":"libvirt-7"}');
    const { link } = await open(tool, { devname: "serial1" });
    await link.sendBreak?.(250);
    expect(calls()).toContain(
      'qemu-monitor-command vm1 {"execute":"chardev-send-break","arguments":{"id":"charserial1"}}',
    );
    writeFileSync(`${tool}.answer`, '{"error":{"class":"GenericError","desc":"no such chardev"}}');
    expect(await failureOf(link.sendBreak?.(250) ?? Promise.resolve())).toMatchObject({
      code: "LINK_UNSUPPORTED",
      message: 'Cannot send BREAK to libvirt vm1: virsh says "no such chardev"',
    });
  });

  it("check() refuses names that look like options", () => {
    expect(libvirt.check?.({ domain: "--help" })).toMatchObject([{ option: "domain" }]);
    expect(libvirt.check?.({ domain: "vm1" })).toEqual([]);
  });
});
