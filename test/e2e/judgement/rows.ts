import type { HostImages } from "../rig/host-images.ts";
import type { Boot, Machine } from "../rig/machine.ts";
import type { Typist } from "../rig/typist.ts";
import { crashInitrd } from "./crash-host.ts";

/**
 * What the watchdog has to do in the end:
 *   cut          one power cycle, and the host is seen back
 *   called       a person is called, no outlet moves
 *   left alone   nobody is called, no outlet moves
 */
export type Decision = "cut" | "called" | "left alone";

/** A host that something happens to. */
export interface Row {
  readonly what: string;
  readonly boots: (images: HostImages, name: string) => Boot;
  /** What its console's last line holds before that; else "login:". */
  readonly up?: string;
  readonly happens: (person: Typist, machine: Machine) => Promise<void>;
  readonly wanted: Decision;
  /** The longest until it is decided, in seconds; or how long it has to be left alone. */
  readonly within: number;
  /** Only in the long form: minutes by itself. */
  readonly long?: true;
  /** It takes a core for itself. */
  readonly heavy?: true;
  /** Its console carries BREAK, and SysRq is allowed. */
  readonly breaks?: true;
  /** What its incident has to hold in the end. */
  readonly incident?: RegExp;
}

const small =
  (more = "") =>
  (images: HostImages, name: string): Boot => ({
    kernel: images.kernel,
    initrd: images.initrd,
    append: `console=ttyS0,115200 oob.host=${name} ${more}`,
    spareDisk: images.spareDisk,
  });

/** Its crash kernel writes a dump, as slowly as to a disk: a piece each second. */
const withKdump =
  (more = "") =>
  (images: HostImages, name: string): Boot => ({
    ...small(`crashkernel=192M ${more}`)(images, name),
    initrd: crashInitrd(images),
    memoryMib: 512,
  });

/** Its own limits for devices and services are for machines that run alone: without a terminal in time it has no getty. */
export const debian = ({ debian: { disk, kernel, initrd } }: HostImages): Boot => ({
  kernel,
  initrd,
  append:
    "root=/dev/vda1 console=ttyS0,115200 systemd.default_device_timeout_sec=900 systemd.default_timeout_start_sec=900 systemd.mask=ssh.service",
  memoryMib: 512,
  spareDisk: disk,
});

/** Logs in and types a line. */
const types = (line: string) => async (person: Typist) => {
  await person.logIn();
  await person.type(`${line}\r`);
};

export const ROWS: readonly Row[] = [
  {
    what: "panic",
    boots: small(),
    happens: types("fault panic"),
    wanted: "cut",
    within: 240,
  },
  {
    what: "panic=30: it restarts by itself",
    boots: small("panic=30"),
    happens: types("fault panic"),
    wanted: "left alone",
    within: 90,
  },
  {
    what: "soft lockup that ends after 40 s",
    boots: small(),
    happens: types("fault soft 40"),
    wanted: "left alone",
    within: 90,
    heavy: true,
  },
  {
    what: "kernel spins with interrupts off",
    boots: small(),
    happens: types("fault hard 0"),
    wanted: "cut",
    within: 300,
    heavy: true,
  },
  {
    what: "machine stopped",
    boots: small(),
    // It answered somebody in this boot: silence after a login prompt alone would only be asked about.
    happens: async (person, machine) => {
      await person.logIn();
      await machine.qmp("stop");
    },
    wanted: "cut",
    within: 300,
  },
  {
    what: "XOFF on the line",
    boots: small(),
    happens: async (person) => {
      await person.logIn();
      await person.type("\x13");
    },
    wanted: "left alone",
    within: 75,
  },
  {
    what: "a pager left open",
    boots: small(),
    happens: types("dmesg | less"),
    wanted: "left alone",
    within: 75,
  },
  {
    what: "reboot under way",
    boots: small(),
    happens: types("reboot"),
    wanted: "left alone",
    within: 60,
  },
  {
    what: "processes killed for memory, again and again",
    boots: small(),
    happens: types("while :; do tail /dev/zero; done &"),
    wanted: "left alone",
    within: 75,
    heavy: true,
  },
  {
    what: "prompt of the boot loader",
    boots: (images) => ({ cdrom: images.grub }),
    happens: async (person) => {
      await person.logIn();
      await person.type("reboot\r");
      await person.sees(/automatically in/, 60_000);
      await person.type("c");
      await person.sees(/grub> /, 20_000);
    },
    wanted: "called",
    within: 200,
  },
  {
    what: "text that only tells of panics",
    boots: small(),
    happens: types("fault story"),
    wanted: "left alone",
    within: 60,
  },
  {
    what: "no getty any more: the console only echoes",
    boots: small(),
    happens: types("fault quiet"),
    wanted: "left alone",
    within: 120,
  },
  {
    what: "soft lockup without end",
    boots: small(),
    happens: types("fault soft 0"),
    wanted: "cut",
    within: 600,
    long: true,
    heavy: true,
  },
  {
    what: "shell stopped, its kernel answers SysRq",
    boots: small(),
    // What was typed has to scroll off the last rows: at a shell nothing is asked.
    happens: types("stty -echo; for n in 1 2 3 4; do echo job $n; done; kill -STOP $$"),
    wanted: "cut",
    within: 400,
    long: true,
    breaks: true,
    incident: /SysRq w: .*SysRq l: .*SysRq m: .*SysRq t: /s,
  },
  {
    what: "start job that takes 100 s",
    boots: debian,
    happens: async (person) => {
      await person.logIn();
      for (const line of [
        "printf '[Unit]\\nBefore=getty.target systemd-user-sessions.service\\n[Service]\\nType=oneshot\\nExecStart=sleep 100\\n[Install]\\nWantedBy=multi-user.target\\n' > /etc/systemd/system/slow.service",
        "systemctl enable slow",
        "systemctl reboot",
      ]) {
        await person.type(`${line}\r`);
        await person.sees(/# /, 30_000);
      }
      await person.sees(/start job is running|rt running \(/, 900_000);
    },
    wanted: "left alone",
    within: 200,
    long: true,
  },
  {
    what: "emergency mode",
    boots: debian,
    happens: async (person) => {
      await person.logIn();
      const mount = "/dev/disk/by-uuid/00000000-dead /data ext4 x-systemd.device-timeout=20s 0 2";
      await person.type(`echo '${mount}' >> /etc/fstab\r`);
      await person.sees(/# /, 30_000);
      await person.type("systemctl reboot\r");
      await person.sees(/emergency mode/, 900_000);
    },
    wanted: "called",
    within: 200,
    long: true,
  },
  {
    what: "shell of the initial RAM disk: no root file system",
    boots: ({ debian: { kernel, initrd } }) => ({
      kernel,
      initrd,
      append: "console=ttyS0,115200 root=UUID=00000000-dead rootdelay=5",
      memoryMib: 512,
    }),
    up: "(initramfs)",
    happens: () => Promise.resolve(),
    wanted: "called",
    within: 200,
    long: true,
  },
  {
    what: "PID 1 frozen",
    boots: debian,
    happens: types("kill -SEGV 1; sleep 5; exit"),
    wanted: "cut",
    within: 600,
    long: true,
  },
  {
    what: "root file system frozen",
    boots: debian,
    happens: types("fsfreeze -f /; exit"),
    wanted: "called",
    // An echo that stays is told after 15 minutes, and looked at every five.
    within: 1500,
    long: true,
  },
  {
    what: "kdump writes its dump, and restarts",
    boots: withKdump(),
    happens: types("fault panic"),
    wanted: "left alone",
    within: 240,
    long: true,
  },
  {
    what: "kdump that stands still for 15 minutes",
    boots: withKdump("oob.dump-hangs"),
    happens: types("fault panic"),
    wanted: "called",
    within: 1200,
    long: true,
  },
  {
    what: "e2fsck waits for an answer",
    boots: debian,
    happens: async (person) => {
      await person.logIn();
      await person.type(
        "truncate -s 8M x; mke2fs -q -F x; debugfs -w -R 'clri <11>' x; e2fsck -f x\r",
      );
      await person.sees(/\?/, 60_000);
    },
    wanted: "left alone",
    within: 200,
    long: true,
  },
];
