/**
 * A Debian that is up and sick: one guest, which a test breaks by its second line, one way after the other. It has two
 * small disks for an array, one for data, and a network card whose port 22 the test reaches from outside.
 */
import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { BACK_LINE, BackLine } from "./back-line.ts";
import { brokenDebian } from "./broken-debian.ts";
import { TestSite } from "./daemon.ts";
import { buildHosts } from "./host-images.ts";
import { freePort, Machine } from "./machine.ts";
import { runRunbook, type Told } from "./run-runbook.ts";

const ROOT = "UUID=6f6f6274-6573-7462-6564-000000000001";
const SSH_BANNER = /^SSH-2\.0-/;

const drive = (file: string): string[] => [
  "-drive",
  `file=${file},format=raw,if=virtio,snapshot=on`,
];

/** The guest, its lines, and a site that has it as "deb1". */
export class SickDebian {
  #machine: Machine | undefined;
  #back: BackLine | undefined;
  #folder: string | undefined;
  #test: TestSite | undefined;
  #sshPort = 0;

  get back(): BackLine {
    if (!this.#back) throw new Error("the guest is not started");
    return this.#back;
  }

  get test(): TestSite {
    if (!this.#test) throw new Error("the site is not started");
    return this.#test;
  }

  /** To a login prompt, with the programs of `tools`. */
  async start(): Promise<void> {
    const { debian, tools } = await buildHosts({ debian: true, tools: true });
    const { folder, disk } = brokenDebian(debian.disk, BACK_LINE);
    this.#folder = folder;
    const disks = ["md-a", "md-b", "data"].map((name) => {
      const file = join(folder, `${name}.img`);
      execFileSync("truncate", ["-s", "32M", file]);
      return drive(file);
    });
    this.#sshPort = await freePort();
    this.#back = new BackLine(join(folder, "back"));
    this.#machine = new Machine("deb1", {
      kernel: debian.kernel,
      initrd: debian.initrd,
      append: `root=${ROOT} ro console=tty0 console=ttyS0,115200`,
      spareDisk: disk,
      memoryMib: 512,
      more: [
        ...disks.flat(),
        ...drive(tools),
        ...["-netdev", `user,id=n,restrict=on,hostfwd=tcp:127.0.0.1:${this.#sshPort}-10.0.2.15:22`],
        ...["-device", "virtio-net-pci,netdev=n,romfile="],
        ...this.#back.more,
      ],
    });
    this.#test = new TestSite(
      `hosts:
  deb1:
    console: { driver: unix, path: ${this.#machine.unixPath} }
    os: linux/debian-12
    login: { user: root, secret: root }
    watch: { mode: observe, hands-off: 1ms }
`,
      { root: "oob" },
    );
    this.#machine.powerOn();
    await this.#test.start();
    await this.#untilUp();
    // A library that is in use is not replaced: its old file would be deleted and open.
    await this.back.run(
      "tar x -C / --keep-directory-symlink --skip-old-files -f /dev/vde && ldconfig",
    );
    await this.back.run(
      'n=$(ls /sys/class/net | grep -v lo); ip addr add 10.0.2.15/24 dev "$n" && ip link set "$n" up',
    );
  }

  /** Pushes its button, and waits until it is up again. */
  async reboot(): Promise<void> {
    await this.#machine?.qmp("system_reset");
    await this.#untilUp();
  }

  async #untilUp(): Promise<void> {
    await this.back.untilUp("ssh");
    await this.#untilLogin();
  }

  async #untilLogin(): Promise<void> {
    const end = performance.now() + 600_000;
    while (!/login: *$/m.test((await this.test.site.screen("deb1")).rows.join("\n"))) {
      if (performance.now() > end) throw new Error("no login prompt");
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  }

  async stop(): Promise<void> {
    this.#back?.close();
    await this.#test?.stop();
    this.#machine?.dispose();
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
  }

  run(runbook: string, set: Readonly<Record<string, string>> = {}, dryRun = false): Promise<Told> {
    return runRunbook(this.test.site, runbook, "deb1", set, dryRun);
  }

  /** Whether sshd of the guest greets who comes from outside within this time. */
  async isReachable(withinMs: number): Promise<boolean> {
    const socket = connect(this.#sshPort, "127.0.0.1");
    try {
      return await new Promise<boolean>((resolve) => {
        socket.on("data", (chunk: Buffer) => resolve(SSH_BANNER.test(chunk.toString("latin1"))));
        socket.on("error", () => resolve(false));
        socket.on("close", () => resolve(false));
        setTimeout(() => resolve(false), withinMs);
      });
    } finally {
      socket.destroy();
    }
  }

  /** Waits until it can be reached. */
  async untilReachable(withinMs: number): Promise<void> {
    const end = performance.now() + withinMs;
    while (!(await this.isReachable(2000))) {
      if (performance.now() > end) throw new Error(`no banner of sshd within ${withinMs} ms`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}
