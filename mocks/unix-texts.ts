/** What simulated BSD and illumos machines say and know, after their manual pages and sources; none was recorded. */
export interface UnixTexts {
  /** Firmware and loader, up to its countdown. */
  readonly loader: string;
  /** A menu's key for its prompt. */
  readonly promptKey?: string;
  /** After a key that means nothing it asks for a line. */
  readonly asks?: string;
  /** Any key ends the countdown and brings the prompt. */
  readonly anyKey?: boolean;
  /** Said before the prompt comes. */
  readonly toPrompt: string;
  readonly prompt: string;
  readonly kernel: readonly string[];
  readonly single: string;
  readonly login: string;
  /** Commands that a runbook types, and what they are in single-user mode and in multi-user mode. */
  readonly commands: readonly (readonly [command: string, single: string, multi: string])[];
}

const MENU = (name: string) =>
  `\x1b[2J\x1b[1;1H  +---------- Welcome to ${name} -----------+\r\n` +
  "  |  1. Boot Multi user [Enter]             |\r\n  |  2. Boot Single user                    |\r\n" +
  "  |  3. Escape to loader prompt             |\r\n  |  4. Reboot                              |\r\n" +
  "  +-----------------------------------------+\r\n   Autoboot in 9 seconds. [Space] to pause ";
const HELP = "\r\n\r\nType '?' for a list of commands, 'help' for more detailed help.\r\n";
const GETTY = 'ps -ax | grep -q "[g]etty"';
const BSD_SHELL = 'test "$(ps -o ppid= -p $PPID)" -eq 1 && !';
const BSD_COMMANDS = (single: number, multi: number) =>
  [
    [`${BSD_SHELL} ${GETTY}`, "true", "false"],
    [GETTY, "false", "true"],
    ['mount | grep -q " on / .*read-only"', "true", "false"],
    [
      "sysctl kern.securelevel",
      `echo kern.securelevel: ${single}`,
      `echo kern.securelevel: ${multi}`,
    ],
    [
      'mount | grep " on / "',
      "echo /dev/sd0a on / type ffs, read-only",
      "echo /dev/sd0a on / type ffs",
    ],
  ] as const;

export const UNIX_TEXTS = {
  freebsd: {
    loader: `BIOS drive C: is disk0\r\nFreeBSD/x86 bootstrap loader, Revision 1.1\r\n${MENU("FreeBSD")}`,
    promptKey: "3",
    toPrompt: HELP,
    prompt: "OK ",
    kernel: [
      "Copyright (c) 1992-2023 The FreeBSD Project.",
      "FreeBSD 14.1-RELEASE GENERIC amd64",
      "Trying to mount root from ufs:/dev/ada0p2 [rw]...",
    ],
    single: "Enter full pathname of shell or RETURN for /bin/sh: ",
    login: "\r\nFreeBSD/amd64 (web1) (ttyu0)\r\n\r\nlogin: ",
    commands: BSD_COMMANDS(-1, 1),
  },
  openbsd: {
    loader: "Loading......\r\ndisk: hd0+\r\n>> OpenBSD/amd64 BOOT 3.65\r\nboot> ",
    anyKey: true,
    toPrompt: "",
    prompt: "boot> ",
    kernel: ["OpenBSD 7.5 (GENERIC.MP) #82", "root on sd0a swap on sd0b dump on sd0b"],
    single: "Enter pathname of shell or RETURN for sh: ",
    login: "\r\nOpenBSD/amd64 (web1) (tty00)\r\n\r\nlogin: ",
    commands: BSD_COMMANDS(0, 1),
  },
  netbsd: {
    loader:
      "\r\n>> NetBSD/x86 BIOS Boot, Revision 5.11\r\n>> Memory: 639/1047424 k\r\n\r\n" +
      "     1. Boot normally\r\n     2. Boot single user\r\n     3. Drop to boot prompt\r\n\r\n" +
      "Choose an option; RETURN for default; SPACE to stop countdown.\r\nOption 1 will be chosen in 5 seconds. ",
    promptKey: "3",
    asks: "\r\nOption: [1]:",
    toPrompt: '\r\ntype "?" or "help" for help, or "menu" to return to the menu.\r\n',
    prompt: "> ",
    kernel: ["NetBSD 10.0 (GENERIC) #0", "root on wd0a dumps on wd0b"],
    single: "Enter pathname of shell or RETURN for /bin/sh: ",
    login: "\r\nNetBSD/amd64 (web1) (constty)\r\n\r\nlogin: ",
    commands: BSD_COMMANDS(0, 1),
  },
  illumos: {
    loader: MENU("illumos"),
    promptKey: "3",
    toPrompt: HELP,
    prompt: "ok ",
    kernel: ["SunOS Release 5.11 Version omnios-r151046 64-bit", "Hostname: web1"],
    single:
      "Requesting System Maintenance Mode\r\nSINGLE USER MODE\r\n\r\nEnter user name for system maintenance (control-d to bypass): ",
    login: "\r\nweb1 console login: ",
    commands: [
      ['who -r | grep -q "run-level S"', "true", "false"],
      ['who -r | grep -q "run-level [23]"', "false", "true"],
      ['mount | grep -q "^/ .*read only"', "false", "false"],
      ["who -r", "echo run-level S", "echo run-level 3"],
      ["svcs -H milestone/single-user milestone/multi-user", "true", "true"],
      ['mount | grep "^/ "', "echo / on rpool/ROOT/omnios", "echo / on rpool/ROOT/omnios"],
      ["reboot -p || reboot", "reboot", "reboot"],
    ],
  },
} as const satisfies Readonly<Record<string, UnixTexts>>;
