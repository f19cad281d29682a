/** The site of the runbooks that mend: a Debian for each way to be broken, a small host, outlets that really cut. */
import { rmSync } from "node:fs";
import {
  brokenDataDisk,
  brokenDebian,
  readFromDebian,
  wantsManualFsck,
  withBrokenKernel,
} from "./broken-debian.ts";
import { buildHosts } from "./host-images.ts";
import { buildImages } from "./images.ts";
import { freePort, Machine } from "./machine.ts";
import { OutletSite } from "./outlet-site.ts";
import type { Told } from "./run-runbook.ts";

/** A boot on a machine that others use, too. */
export const BOOT = 900_000;

const FSTAB = `UUID=6f6f6274-6573-7462-6564-000000000001 / ext4 errors=remount-ro 0 1
/dev/vdb /data ext4 defaults 0 2
UUID=00000000-dead-4000-8000-000000000000 /gone ext4 defaults,x-systemd.device-timeout=3s 0 2
`;

/** ext4: extents, and immutable or append-only. */
const FLAGS = [
  "set_inode_field /etc/issue flags 0x80010",
  "set_inode_field /var/log/dpkg.log flags 0x80020",
];

/** One Debian each: broken in its own way, and on for as long as its part of the suite goes. */
const damages = (image: string) => ({
  emergency: { files: { "/etc/fstab": FSTAB }, commands: ["mkdir /data", "mkdir /gone", ...FLAGS] },
  initramfs: { commands: wantsManualFsck("/etc/mke2fs.conf") },
  forgotten: {},
  kernel: {
    files: {
      "/boot/grub/grub.cfg": withBrokenKernel(readFromDebian(image, "/boot/grub/grub.cfg")),
    },
  },
});

/** Machines, outlets and the daemon. */
export class FixSite {
  readonly #folders: string[] = [];
  #site: OutletSite<Machine> | undefined;

  get #there(): OutletSite<Machine> {
    if (!this.#site) throw new Error("the site is not started");
    return this.#site;
  }

  async start(long: boolean): Promise<void> {
    const { debian } = await buildHosts({ debian: true });
    const { kernel, initrd } = await buildImages();
    const machines: Machine[] = [];
    const debians = Object.entries(damages(debian.disk)).slice(0, long ? 4 : 2);
    for (const [name, damage] of debians) {
      const { folder, disk } = brokenDebian(debian.disk, damage);
      this.#folders.push(folder);
      const spare = name === "emergency" ? { spareDisk: brokenDataDisk(folder) } : {};
      machines.push(new Machine(name, { disk, memoryMib: 512, ...spare }));
    }
    const port = await freePort();
    const append = "console=ttyS0,115200 oob.host=small";
    machines.push(new Machine("small", { kernel, initrd, append }, port));
    this.#site = await OutletSite.start(machines, {
      console: (name) =>
        name === "small" ? `driver: telnet, host: 127.0.0.1, port: ${port}` : undefined,
      entry: (name) =>
        `, hostname: ${name === "small" ? "small" : "deb1"}, login: { user: root, secret: ${name === "forgotten" ? "new" : "root"} }`,
      secrets: { root: "oob", new: "a new secret 7" },
    });
  }

  async stop(): Promise<void> {
    await this.#site?.stop();
    for (const folder of this.#folders) rmSync(folder, { recursive: true, force: true });
  }

  machine(name: string): Machine {
    return this.#there.machine(name);
  }

  /** Switches it on, and waits until its screen shows this. */
  async boot(name: string, shows: RegExp): Promise<void> {
    this.machine(name).powerOn();
    await this.#there.untilScreen(name, shows, BOOT);
  }

  run(
    runbook: string,
    host: string,
    set: Readonly<Record<string, string>> = {},
    dryRun = false,
  ): Promise<Told> {
    return this.#there.run(runbook, host, set, dryRun);
  }

  saidBy(host: string): string {
    return this.#there.saidBy(host);
  }
}
