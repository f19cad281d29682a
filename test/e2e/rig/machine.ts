import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What a machine boots: a kernel given to QEMU, GRUB from a CD, or a disk; disks are left as they were. */
export type Boot = (
  | { readonly kernel: string; readonly initrd: string; readonly append: string }
  | { readonly cdrom: string }
  | { readonly disk: string }
  | { readonly firmware: string; readonly ideDisk?: string; readonly disk?: string }
  | { readonly system: "ppc" | "sparc64" }
) & {
  readonly memoryMib?: number;
  /** Starts when somebody is at its console: a loader that speaks once is heard, as on a real line. */
  readonly waitsForConsole?: boolean;
  readonly spareDisk?: string;
  /** More of QEMU's arguments: disks, a network, a second line. */
  readonly more?: readonly string[];
};

/** A port below the range of outgoing connections, free at this moment. */
export async function freePort(): Promise<number> {
  // Begins anywhere: another run beside this one must not look at the same port in the same moment.
  for (let port = 16_000 + Math.floor(Math.random() * 12_000); port < 32_000; port++) {
    const server = createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => resolve(true));
    });
    if (!free) continue;
    server.close();
    await once(server, "close");
    return port;
  }
  throw new Error("no free port between 16000 and 32000");
}

/**
 * A real machine in QEMU with a power switch: on starts the process, off kills it, as an outlet does.
 * Its serial line is QEMU's own telnet server or Unix socket, which go away with the power.
 */
export class Machine {
  readonly folder = mkdtempSync(join(tmpdir(), "oob-vm-"));
  readonly name: string;
  readonly qmpPath = join(this.folder, "qmp");
  readonly unixPath = join(this.folder, "console");
  /** Moments (Unix ms) at which the power fell or came. */
  readonly edges: { readonly at: number; readonly to: "on" | "off" }[] = [];
  #boot: Boot;
  #telnetPort: number | undefined;
  #process: ChildProcess | undefined;

  constructor(name: string, boot: Boot, telnetPort?: number) {
    this.name = name;
    this.#boot = boot;
    this.#telnetPort = telnetPort;
  }

  get isOn(): boolean {
    return this.#process !== undefined;
  }

  powerOn(): void {
    if (this.#process) return;
    const log = join(this.folder, "qemu.log");
    const file = openSync(log, "a");
    const system = "system" in this.#boot ? this.#boot.system : "x86_64";
    this.#process = spawn(`qemu-system-${system}`, this.#arguments(), {
      stdio: ["ignore", file, file],
    });
    closeSync(file);
    const machine = this.#process;
    // It ends by itself only where it could not begin: its port was taken, or the kernel is missing.
    machine.once("exit", (code) => {
      if (this.#process !== machine) return;
      console.error(`${this.name}: QEMU ended with ${code}: ${readFileSync(log, "utf8")}`);
    });
    this.edges.push({ at: Date.now(), to: "on" });
  }

  powerOff(): void {
    if (!this.#process) return;
    this.#process.kill("SIGKILL");
    this.#process = undefined;
    this.edges.push({ at: Date.now(), to: "off" });
  }

  /** Sends one QMP command: stop, cont, system_reset. */
  async qmp(execute: string): Promise<void> {
    const socket = connect(this.qmpPath);
    let text = "";
    const answers = (count: number) =>
      new Promise<void>((resolve, reject) => {
        const look = () => {
          if ((text.match(/"return"/g) ?? []).length >= count) resolve();
        };
        socket.on("data", (chunk) => {
          text += chunk.toString("latin1");
          look();
        });
        socket.on("error", reject);
        look();
      });
    await once(socket, "connect");
    socket.write('{"execute":"qmp_capabilities"}\n');
    await answers(1);
    socket.write(`{"execute":"${execute}"}\n`);
    await answers(2);
    socket.destroy();
  }

  dispose(): void {
    this.powerOff();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #arguments(): string[] {
    const serial = this.#telnetPort
      ? `telnet:127.0.0.1:${this.#telnetPort},server=on,wait=off`
      : `unix:${this.unixPath},server=on,wait=${this.#boot.waitsForConsole ? "on" : "off"}`;
    return [
      ...["-name", this.name, "-accel", "tcg", "-display", "none", "-monitor", "none"],
      ...["-net", "none", "-serial", serial, "-qmp", `unix:${this.qmpPath},server=on,wait=off`],
      ...["-m", String(this.#boot.memoryMib ?? 256)],
      ...bootArguments(this.#boot),
      ...(this.#boot.more ?? []),
    ];
  }
}

function bootArguments(boot: Boot): string[] {
  const disk = (file: string) => ["-drive", `file=${file},format=raw,if=virtio,snapshot=on`];
  const spare = boot.spareDisk === undefined ? [] : disk(boot.spareDisk);
  if ("system" in boot) return ["-vga", "none"];
  if ("firmware" in boot) {
    const file = boot.ideDisk && `file=${boot.ideDisk},format=raw,if=ide,snapshot=on`;
    const ide = file ? ["-drive", file] : [];
    return ["-bios", boot.firmware, "-vga", "none", ...ide, ...(boot.disk ? disk(boot.disk) : [])];
  }
  if ("cdrom" in boot) return ["-cdrom", boot.cdrom, ...spare];
  if ("disk" in boot) return [...disk(boot.disk), ...spare];
  // On a busy machine the kernel finds now and then that its timer does not work, and panics.
  const append = `${boot.append} no_timer_check`;
  return ["-kernel", boot.kernel, "-initrd", boot.initrd, "-append", append, ...spare];
}
