import { type ChildProcess, execFile, spawn } from "node:child_process";
import {
  chmodSync,
  chownSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Images } from "./images.ts";

const NOBODY = 65534;

/** A libvirtd of its own, not root's, with QEMU machines in it: what qemu:///session is to a user. */
export class Libvirtd {
  readonly uri: string;
  readonly #folder = mkdtempSync(join(tmpdir(), "oob-libvirt-"));
  readonly #process: ChildProcess;

  private constructor() {
    const run = join(this.#folder, "run");
    const home = join(this.#folder, "home");
    for (const folder of [run, home]) mkdirSync(folder, { mode: 0o700 });
    chmodSync(this.#folder, 0o755);
    const isRoot = process.getuid?.() === 0;
    if (isRoot) for (const folder of [this.#folder, run, home]) chownSync(folder, NOBODY, NOBODY);
    const log = openSync(join(this.#folder, "log"), "a");
    this.uri = `qemu+unix:///session?socket=${run}/libvirt/libvirt-sock`;
    // It ends by itself when nobody has used it for a minute and no machine runs.
    const user = isRoot ? [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"] : [];
    this.#process = spawn("setpriv", [...user, "--", "/usr/sbin/libvirtd", "-t", "60"], {
      env: { PATH: process.env.PATH, HOME: home, XDG_RUNTIME_DIR: run },
      stdio: ["ignore", log, log],
    });
    closeSync(log);
  }

  static async start(): Promise<Libvirtd> {
    const libvirtd = new Libvirtd();
    for (let tries = 0; ; tries++) {
      const listed = await libvirtd.virsh("list").catch((thrown: unknown) => thrown);
      if (typeof listed === "string") return libvirtd;
      if (tries > 100) throw listed;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async virsh(...words: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)("virsh", ["-c", this.uri, ...words]);
    return stdout;
  }

  /** Defines a machine with a serial console; it does not run yet. */
  async define(name: string, { kernel, initrd }: Images): Promise<void> {
    const file = join(this.#folder, `${name}.xml`);
    writeFileSync(
      file,
      `<domain type="qemu"><name>${name}</name><memory unit="MiB">192</memory><vcpu>1</vcpu>
      <os><type arch="x86_64" machine="pc">hvm</type><kernel>${kernel}</kernel><initrd>${initrd}</initrd>
      <cmdline>console=ttyS0,115200</cmdline></os>
      <devices><emulator>/usr/bin/qemu-system-x86_64</emulator>
      <serial type="pty"><target port="0"/></serial></devices></domain>`,
    );
    await this.virsh("define", file);
  }

  async dispose(): Promise<void> {
    const names = await this.virsh("list", "--name").catch(() => "");
    for (const name of names.split("\n").filter((line) => line.trim() !== ""))
      await this.virsh("destroy", name).catch(() => undefined);
    this.#process.kill("SIGTERM");
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
