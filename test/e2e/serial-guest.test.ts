/*
 * The serial driver on real serial ports: a guest with 16550s, a null modem cable, a USB adapter that is pulled out and
 * a CDC-ACM pair, booted by shared/rig/testbed/serialguest.py. The checks themselves are serial-guest/guest.mjs.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { packProduct } from "./rig/pack-product.ts";

const root = resolve(import.meta.dirname, "../..");
const rig = join(process.env.OOB_SHARED ?? resolve(root, "../shared"), "rig/testbed");
const script = join(rig, "serialguest.py");
const missing = existsSync(script)
  ? ["qemu-system-x86_64", "python3", "busybox", "cpio", "gcc"].find((tool) => !inPath(tool))
  : script;
/** Built once, shared by everybody on the machine; the lock keeps two from building or booting at once. */
const testbed = process.env.TB ?? join(tmpdir(), "oob-testbed");
const LOCK = `${testbed}.lock`;
const LIMIT_SECONDS = 900;

if (missing !== undefined) console.log(`serial-guest is skipped: no ${missing}`);

function inPath(tool: string): boolean {
  return (process.env.PATH ?? "").split(":").some((folder) => existsSync(join(folder, tool)));
}

const work = mkdtempSync(join(tmpdir(), "oob-serial-guest-"));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const locked = (...command: string[]) =>
  spawn("flock", [LOCK, ...command], {
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, TB: testbed, LIMIT: String(LIMIT_SECONDS), FULL: "1" },
  });

describe.skipIf(missing !== undefined)("serial on real ports", () => {
  beforeAll(async () => {
    packProduct(work, [
      [join(import.meta.dirname, "serial-guest"), "."],
      [join(import.meta.dirname, "rfc2217"), "port-server.py"],
      [rig, "modem.py"],
    ]);
    if (existsSync(join(testbed, "sg.gz"))) return;
    const guest = locked("sh", "-c", `"$0/build-kernel.sh" && "$0/build-serialguest.sh"`, rig);
    expect(await once(guest, "exit")).toEqual([0, null]);
  }, 600_000);

  it("every check in the guest passes", { timeout: LIMIT_SECONDS * 1000 + 120_000 }, async () => {
    const only = (process.env.ONLY ?? "").replace(/[^\w, -]/g, "");
    const unpack = "mkdir /tmp/oob && tar -xf product.tar -C /tmp/oob && cd /tmp/oob";
    const run = `ONLY='${only}' node guest.mjs 2>&1 | tee "$OLDPWD/report"`;
    const command = `set -o pipefail; ${unpack} && ${run}`;
    const far = join(import.meta.dirname, "serial-guest/peer.py");
    const peer = `exec python3 '${far}' '${work}'`;
    const guest = locked("python3", script, "--peer", peer, work, command);
    const [status] = (await once(guest, "exit")) as [number];
    const report = existsSync(join(work, "report"))
      ? readFileSync(join(work, "report"), "utf8")
      : "";
    expect(report.split("\n").filter((line) => line.startsWith("FAIL"))).toEqual([]);
    expect(report).toMatch(/^\d+ passed, 0 failed$/m);
    expect(status).toBe(0);
  });
});
