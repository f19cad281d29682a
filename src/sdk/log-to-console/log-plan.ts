/**
 * What makes a Linux host tell its troubles on its serial line. Every setting is a file of its own, so that taking it
 * back is to remove it; GRUB's defaults alone are edited, and kept.
 */

const NAME = "90-oob-console.conf";
const RSYSLOG = `/etc/rsyslog.d/${NAME}`;
const JOURNALD = `/etc/systemd/journald.conf.d/${NAME}`;
const SYSCTL = `/etc/sysctl.d/${NAME}`;
/** GRUB reads these after /etc/default/grub in Debian and its kin (grub-mkconfig). */
const GRUB = "/etc/default/grub.d/90-oob-console.cfg";

/** Takes back all that this runbook ever sets. A getty that it started stays: somebody may be logged in on it. */
export const LOG_TO_CONSOLE_UNDO = `rm -f ${RSYSLOG} ${JOURNALD} ${SYSCTL}
systemctl try-restart rsyslog 2>/dev/null; systemctl restart systemd-journald
if [ -e ${GRUB} ]; then rm -f ${GRUB} && update-grub; fi`;

/** What a host says of its logging. All of it is matched against known words. */
export interface LogFacts {
  readonly tty: string;
  readonly rsyslog: boolean;
  readonly journald: boolean;
  readonly getty: boolean;
  /** Whether the running kernel, and GRUB's defaults, have console= on the line of the shell. */
  readonly consoles: readonly string[];
  readonly grub: readonly string[] | undefined;
  readonly printk: number;
  /** How the line of the shell is set, or what the running kernel was told of each line: "9600n8" by line. */
  readonly settings: ReadonlyMap<string, string>;
}

/** Files to write, scripts to run, and how all of it is taken back. */
export interface LogPlan {
  readonly line: string;
  /** The running kernel writes to the line; else it will from the next boot on. */
  readonly kernelShows: boolean;
  readonly does: readonly string[];
  readonly says: readonly string[];
  readonly files: readonly { readonly path: string; readonly content: string }[];
  readonly commands: readonly { readonly script: string; readonly what: string }[];
  readonly undo: readonly string[];
}

/** A tty's name as the kernel has it. Its line settings may follow: ttyS0,115200n8. */
const LINE = /^(?:tty(?:S|USB|AMA|SC|MSM|mxc|O|PS)\d{1,3}|hvc\d{1,2}|sclp\d{1,2}|ttysclp\d)$/;

/** Prints one `key value` a line. It changes nothing. */
export const LOG_TO_CONSOLE_LOOK = `t=$(ps -o tty= -p $$ 2>/dev/null | tr -d ' ')
case $t in ''|'?') t=$(sed -n 's/.*console=\\(tty[A-Z][A-Za-z]*[0-9]*\\|hvc[0-9]*\\).*/\\1/p' /proc/cmdline) ;; esac
echo "tty $t"
echo "speed $(stty -F "/dev/$t" speed 2>/dev/null)"
command -v systemctl >/dev/null && systemctl is-active --quiet rsyslog && echo "rsyslog yes"
command -v systemctl >/dev/null && systemctl is-active --quiet systemd-journald && echo "journald yes"
command -v systemctl >/dev/null && systemctl is-active --quiet "serial-getty@$t" && echo "getty yes"
for w in $(cat /proc/cmdline); do case $w in console=*) echo "console \${w#console=}" ;; esac; done
if [ -r /etc/default/grub ] && command -v update-grub >/dev/null; then
  echo "grub-there yes"
  for w in $(. /etc/default/grub; for f in /etc/default/grub.d/*.cfg; do [ -r "$f" ] && . "$f"; done; echo $GRUB_CMDLINE_LINUX $GRUB_CMDLINE_LINUX_DEFAULT); do
    case $w in console=*) echo "grub \${w#console=}" ;; esac
  done
fi
true`;

/** Not by capture: it lowers this level meanwhile. `4 4 1 7`: the first is the console's. */
export const CONSOLE_LEVEL = "cat /proc/sys/kernel/printk";

/** Reads what that printed. */
export function readLogFacts(text: string, level: string): LogFacts {
  const pairs = text.split("\n").flatMap((row) => {
    const match = /^([a-z-]{1,20}) ([\w,]{1,60})$/.exec(row);
    return match ? [[match[1] ?? "", match[2] ?? ""] as const] : [];
  });
  const all = (key: string) => pairs.filter(([name]) => name === key).map(([, value]) => value);
  const device = (value: string) => value.split(",")[0] ?? "";
  const tty = all("tty")[0] ?? "";
  const speed = /^[1-9]\d{2,6}$/.exec(all("speed")[0] ?? "")?.[0];
  const told = all("console").flatMap((value) => {
    const [line = "", settings] = value.split(",");
    return settings === undefined ? [] : [[line, settings] as const];
  });
  return {
    tty,
    settings: new Map([...(speed === undefined ? [] : [[tty, `${speed}n8`] as const]), ...told]),
    rsyslog: all("rsyslog").length > 0,
    journald: all("journald").length > 0,
    getty: all("getty").length > 0,
    consoles: all("console").map(device),
    grub: all("grub-there").length > 0 ? all("grub").map(device) : undefined,
    printk: Number(/^(\d{1,2})\s/.exec(level)?.[1] ?? Number.NaN),
  };
}

/** syslog(3): what the kernel calls a level. A message below this number is shown. */
const LEVELS: Readonly<Record<string, number>> = { crit: 3, err: 4, warning: 5, notice: 6 };

/** What has to be done; a text says why it cannot be. */
export function logPlan(
  facts: LogFacts,
  { line, level }: { readonly line: string; readonly level: string },
): LogPlan | string {
  if (line === "")
    return "neither its shell nor console= of its kernel tells the serial line: give it, line=ttyS0";
  if (!LINE.test(line)) return `"${line}" is no serial line that is known`;
  const printk = LEVELS[level];
  if (printk === undefined) return `"${level}" is no level that is known`;
  if (!facts.rsyslog && !facts.journald) return "neither rsyslog nor systemd-journald runs on it";
  const parts = [
    facts.rsyslog ? rsyslogPart(line, level) : journaldPart(line, level),
    kernelPart(printk, facts.printk),
    ...(facts.getty ? [] : [gettyPart(line)]),
    ...(facts.grub === undefined || facts.grub.includes(line)
      ? []
      : [grubPart(line, facts.settings.get(line))]),
  ];
  const says = [
    facts.consoles.includes(line)
      ? `the running kernel has console=${line}`
      : `the running kernel does not have console=${line}: its messages come from the next boot on`,
    facts.grub === undefined
      ? "its boot loader's settings are not known: console= is left to you"
      : facts.grub.includes(line)
        ? `GRUB's defaults have console=${line}`
        : `GRUB's defaults do not have console=${line}`,
    facts.getty ? `a getty is on ${line}` : `no getty is on ${line}`,
  ];
  return {
    line,
    kernelShows: facts.consoles.includes(line),
    does: parts.map(({ does }) => does),
    says,
    files: parts.flatMap(({ path, content }) =>
      path === undefined ? [] : { path, content: content ?? "" },
    ),
    commands: parts.map(({ script, does }) => ({ script, what: does })),
    undo: parts.map(({ undo }) => undo),
  };
}

interface Part {
  readonly does: string;
  readonly path?: string;
  readonly content?: string;
  readonly script: string;
  readonly undo: string;
}

const rsyslogPart = (line: string, level: string): Part => ({
  does: `rsyslog writes from ${level} on to /dev/${line} (${RSYSLOG})`,
  path: RSYSLOG,
  content: `# Written by oob: what is important is told on the console, too.\n*.${level};auth,authpriv.notice /dev/${line}\n`,
  script: "rsyslogd -N1 >/dev/null 2>&1 && systemctl restart rsyslog",
  undo: `rm -f ${RSYSLOG}; systemctl restart rsyslog`,
});

const journaldPart = (line: string, level: string): Part => ({
  does: `journald writes from ${level} on to /dev/${line} (${JOURNALD})`,
  path: JOURNALD,
  content: `# Written by oob: what is important is told on the console, too.\n[Journal]\nForwardToConsole=yes\nTTYPath=/dev/${line}\nMaxLevelConsole=${level}\n`,
  script: "systemctl restart systemd-journald",
  undo: `rm -f ${JOURNALD}; systemctl restart systemd-journald`,
});

const kernelPart = (printk: number, before: number): Part => ({
  does: `the kernel shows messages below level ${printk} (${SYSCTL})`,
  path: SYSCTL,
  content: `# Written by oob: what is important is told on the console, too.\nkernel.printk = ${printk}\n`,
  script: `echo ${printk} > /proc/sys/kernel/printk`,
  undo: `rm -f ${SYSCTL}${Number.isNaN(before) ? "" : `; echo ${before} > /proc/sys/kernel/printk`}`,
});

const gettyPart = (line: string): Part => ({
  does: `a getty on ${line}`,
  script: `systemctl enable --now serial-getty@${line}.service`,
  undo: `systemctl disable --now serial-getty@${line}.service`,
});

/** A line that runs at another speed from the next boot on would be lost. */
const grubPart = (line: string, settings = "115200n8"): Part => ({
  does: `console=${line} for the kernels that GRUB boots (${GRUB})`,
  path: GRUB,
  content: `# Written by oob: what is important is told on the console, too.\nGRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX console=tty0 console=${line},${settings}"\n`,
  script: "update-grub",
  undo: `rm -f ${GRUB}; update-grub`,
});
