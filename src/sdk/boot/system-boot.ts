/**
 * How each system is brought to single-user mode and back: what its loader is told, what is typed at its shell, and
 * what proves where it stands. Every proof is a command that ends with 0: kernel messages may stand in any output, in an
 * exit status they cannot.
 */

/** A state of a host in which nothing but root's shell runs. */
export interface SingleUserLevel {
  readonly name: string;
  /** Ends with 0 where the host is in this state. */
  readonly proof: string;
  /** Typed at its shell to go on to multi-user. */
  readonly leave: string;
}

/** What is known of a system. */
export interface SystemBoot {
  readonly name: string;
  readonly os: readonly string[];
  readonly sources: readonly string[];
  /** What its boot loaders are given. */
  readonly arguments: string;
  /** Typed at root's shell to restart it in order, through its boot loader. */
  readonly reboot: string;
  /** In the order in which they are asked. */
  readonly levels: readonly SingleUserLevel[];
  /** Ends with 0 where multi-user mode is reached. */
  readonly multiUser: string;
  /** Ends with 0 where the root file system is mounted read-only. */
  readonly rootReadOnly: string;
  /** Ends with 0 where the kernel was started with what stands behind it. */
  readonly bootedWith?: (kernelArguments: string) => string;
  /** Shows the state to a person. */
  readonly shows: readonly string[];
}

const LINUX: SystemBoot = {
  name: "Linux",
  // A host whose entry says nothing is taken for one: what it is not is proven wrong before it matters.
  os: ["linux", "unknown", "debian", "ubuntu", "rhel", "centos", "alpine", "proxmox"],
  sources: [
    "systemd.special(7): rescue.target, emergency.target; systemctl(1) default",
    "sulogin(8), initramfs-tools(7), dracut.cmdline(7)",
    "Linux Documentation/admin-guide/kernel-parameters.rst: single, init=, rdinit=",
  ],
  arguments: "single",
  reboot: "reboot",
  levels: [
    {
      name: "rescue.target of systemd",
      proof: "systemctl is-active --quiet rescue.target",
      leave: "systemctl default",
    },
    {
      name: "emergency.target of systemd",
      proof: "systemctl is-active --quiet emergency.target",
      leave: "systemctl default",
    },
    // Leaving it would panic the kernel: it is replaced by what the kernel would have started. Process 1 is asked, not
    // the parent of the command: what runs a command may stand between.
    {
      name: "a shell that the kernel started in place of the initramfs' init",
      proof: 'grep -qxE "(ba|da|a)?sh" /proc/1/comm && grep -q rdinit= /proc/cmdline',
      leave: "exec /init",
    },
    {
      name: "a shell that the kernel started in place of init",
      proof: 'grep -qxE "(ba|da|a)?sh" /proc/1/comm',
      leave: "exec /sbin/init",
    },
    {
      name: "the shell of an initramfs",
      proof: "test -e /scripts/functions -o -e /etc/initrd-release",
      leave: "exit",
    },
  ],
  // Without systemd (OpenRC, sysvinit, busybox) those tell it for whom nobody waits in single-user mode.
  multiUser:
    'systemctl is-active --quiet multi-user.target 2>/dev/null || grep -qsxE "([a-z]*getty|login|sshd|dropbear)" /proc/[0-9]*/comm',
  rootReadOnly: 'grep -q " / [^ ]* ro[, ]" /proc/mounts',
  bootedWith: (words) => `grep -qF -- '${words}' /proc/cmdline`,
  shows: ["who -r", "cat /proc/1/comm", 'grep " / " /proc/mounts', "cat /proc/cmdline"],
};

const BSD = {
  arguments: "-s",
  reboot: "shutdown -r now",
  levels: [
    {
      name: "init's single-user shell",
      proof: 'test "$(ps -o ppid= -p $PPID)" -eq 1 && ! ps -ax | grep -q "[g]etty"',
      leave: "exit",
    },
  ],
  multiUser: 'ps -ax | grep -q "[g]etty"',
  rootReadOnly: 'mount | grep -q " on / .*read-only"',
  shows: ["sysctl kern.securelevel", 'mount | grep " on / "'],
};

/** The first whose `os` a host's `os` begins with is the host's. */
export const SYSTEMS: readonly SystemBoot[] = [
  LINUX,
  {
    ...BSD,
    name: "FreeBSD",
    os: ["freebsd", "dragonfly", "opnsense", "pfsense", "truenas", "midnightbsd", "ghostbsd"],
    sources: ["FreeBSD init(8), boot(8), shutdown(8), security(7): securelevel -1"],
  },
  {
    ...BSD,
    name: "OpenBSD",
    os: ["openbsd"],
    sources: ["OpenBSD init(8), boot(8), securelevel(7): 0 in single-user mode"],
  },
  {
    ...BSD,
    name: "NetBSD",
    os: ["netbsd"],
    sources: ["NetBSD init(8), boot(8), secmodel_securelevel(9)"],
  },
  {
    name: "illumos",
    os: ["illumos", "omnios", "smartos", "openindiana", "tribblix", "solaris", "sunos"],
    sources: ["illumos boot(8), reboot(8) -p, sulogin(8), who(1) -r, smf(7)"],
    arguments: "-s",
    // A fast reboot of x86 goes past the loader; SPARC has no -p and says so.
    reboot: "reboot -p || reboot",
    levels: [
      {
        name: "run level S of illumos",
        proof: 'who -r | grep -q "run-level S"',
        leave: "exit",
      },
    ],
    multiUser: 'who -r | grep -q "run-level [23]"',
    rootReadOnly: 'mount | grep -q "^/ .*read only"',
    shows: ["who -r", "svcs -H milestone/single-user milestone/multi-user", 'mount | grep "^/ "'],
  },
];

/** The system of a host, by its `os`; undefined for one that has no single-user mode. */
export const systemOf = (os: string): SystemBoot | undefined =>
  SYSTEMS.find((system) => system.os.some((name) => os.toLowerCase().startsWith(name)));
