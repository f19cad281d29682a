import type { Boot, Machine } from "../rig/machine.ts";
import type { Typist } from "../rig/typist.ts";
import type { HostImages } from "./images.ts";

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
}

const small =
  (more = "") =>
  (images: HostImages, name: string): Boot => ({
    kernel: images.kernel,
    initrd: images.initrd,
    append: `console=ttyS0,115200 oob.host=${name} ${more}`,
    spareDisk: images.spareDisk,
  });

const debian = (images: HostImages): Boot => ({
  disk: images.debian.disk,
  memoryMib: 512,
  spareDisk: images.spareDisk,
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
  },
  {
    what: "kernel spins with interrupts off",
    boots: small(),
    happens: types("fault hard 0"),
    wanted: "cut",
    within: 300,
  },
  {
    what: "machine stopped",
    boots: small(),
    happens: (_, machine) => machine.qmp("stop"),
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
      await person.sees(/start job is running/, 240_000);
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
      const mount = "/dev/disk/by-uuid/00000000-dead /data ext4 x-systemd.device-timeout=5s 0 2";
      await person.type(`echo '${mount}' >> /etc/fstab\r`);
      await person.sees(/# /, 30_000);
      await person.type("systemctl reboot\r");
      await person.sees(/emergency mode/, 300_000);
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
    happens: types("kill -SEGV 1"),
    wanted: "cut",
    within: 600,
    long: true,
  },
  {
    what: "root file system frozen",
    boots: debian,
    happens: types("fsfreeze -f /"),
    wanted: "called",
    within: 900,
    long: true,
  },
  {
    what: "e2fsck waits for an answer",
    boots: debian,
    happens: async (person) => {
      await person.logIn();
      await person.type("debugfs -w -R 'clri <11>' /dev/vdb; e2fsck -f /dev/vdb\r");
      await person.sees(/\?/, 60_000);
    },
    wanted: "left alone",
    within: 200,
    long: true,
  },
];
