/** What the simulated machine prints, shaped after Debian 12 on a PC. */

/** Power-on messages of the firmware. */
export const FIRMWARE = [
  "",
  "SeaBIOS (version 1.16.2-debian-1.16.2-1)",
  "Booting from Hard Disk...",
  "",
];

/** Kernel messages of a boot: uptime in seconds and text. */
export function kernelBoot(commandLine: string): readonly (readonly [number, string])[] {
  return [
    [0, "Linux version 6.1.0-56-amd64 (debian-kernel@lists.debian.org) #1 SMP Debian 6.1.192-2"],
    [0, `Command line: BOOT_IMAGE=/boot/vmlinuz-6.1.0-56-amd64 ${commandLine}`],
    [0, "BIOS-provided physical RAM map:"],
    [0.01, "DMI: QEMU Standard PC (i440FX + PIIX, 1996), BIOS 1.16.2-debian-1.16.2-1 04/01/2014"],
    [0.21, "printk: console [ttyS0] enabled"],
    [0.62, "smpboot: CPU0: Intel QEMU Virtual CPU version 2.5+ (family: 0xf, model: 0x6b)"],
    [0.9, "pci 0000:00:03.0: reg 0x10: [io  0xc000-0xc03f]"],
    [1.31, "Serial: 8250/16550 driver, 4 ports, IRQ sharing enabled"],
    [1.48, "sd 0:0:0:0: [sda] 41943040 512-byte logical blocks: (21.5 GB/20.0 GiB)"],
    [1.7, "EXT4-fs (sda1): mounted filesystem with ordered data mode. Quota mode: none."],
    [1.82, "Run /sbin/init as init process"],
  ];
}

/** What systemd says on the way to the login prompt. */
export const SERVICES = [
  "[  OK  ] Reached target Local File Systems.",
  "[  OK  ] Started Journal Service.",
  "[  OK  ] Started OpenBSD Secure Shell server.",
  "[  OK  ] Reached target Multi-User System.",
];

/** A panic by `echo c > /proc/sysrq-trigger`, without the uptime stamps. */
export const PANIC = [
  "sysrq: Trigger a crash",
  "Kernel panic - not syncing: sysrq triggered crash",
  "CPU: 0 PID: 98 Comm: sh Not tainted 6.1.0-56-amd64 #1  Debian 6.1.192-2",
  "Call Trace:",
  " <TASK>",
  " dump_stack_lvl+0x44/0x5c",
  " panic+0x118/0x2f4",
  " sysrq_handle_crash+0x16/0x20",
  " </TASK>",
  "Kernel Offset: 0x2b400000 from 0xffffffff81000000",
  "---[ end Kernel panic - not syncing: sysrq triggered crash ]---",
];

/** What the kernel says to a SysRq key. */
export const SYSRQ_ANSWERS: Readonly<Record<string, string>> = {
  h:
    "sysrq: HELP : loglevel(0-9) reboot(b) crash(c) terminate-all-tasks(e) memory-full-oom-kill(f) " +
    "kill-all-tasks(i) thaw-filesystems(j) sak(k) sync(s) show-task-states(t) unmount(u) ",
  s: "sysrq: Emergency Sync",
  u: "sysrq: Emergency Remount R/O",
  b: "sysrq: Resetting",
};

/** What it says when it has done it. */
export const SYSRQ_DONE: Readonly<Record<string, string>> = {
  s: "Emergency Sync complete",
  u: "Emergency Remount complete",
};

/** sulogin without a password for root. */
export const LOCKED_ROOT =
  "\r\nCannot open access to console, the root account is locked.\r\n" +
  "See sulogin(8) man page for more details.\r\n\r\nPress Enter to continue.\r\n";

/** GRUB that does not find its files. */
export const GRUB_RESCUE = "\x1b[H\x1b[J\x1b[1;1Herror: unknown filesystem.\n\rgrub rescue> ";

/** Kernel arguments that ask for single-user mode. */
export const SINGLE = /(?:^| )(?:single|1|s|systemd\.unit=(?:rescue|emergency)\.target)(?: |$)/;
