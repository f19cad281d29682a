const BEFORE = String.raw`^(?:[!({] ?)?(?:(?:(?:sudo|doas)(?: -u \S{1,32})?|exec|time|nice|ionice|nohup|timeout|env|command|do|then|else|if|while|-\S{1,20}|\d{1,6}[smhd]?|\w{1,20}=\S{0,80}) ){0,6}(?:\/(?:\w{1,10}\/){1,3})?`;

/** No command line is looked at further. */
const MAX_COMMAND = 400;

/** Programs that show text of elsewhere and end: what they print happened at another time, or on another host. */
const SHOWS = new RegExp(
  `${BEFORE}(?:cat|tac|nl|head|tail|[zex]?f?grep|bzgrep|rg|ag|ack|zcat|xzcat|bzcat|strings|sed|g?awk|perl|python[\\d.]{0,4}|ruby|node|printf|echo|dmesg|diff|patch|curl|wget|xxd|hexdump|od|column|fold|sort|uniq|coredumpctl|abrt-cli|history|find|ls|tee|last|ps|sysctl|logger|zstdcat|lz4cat|batcat|cut|paste|rev|shuf|split|jq|xargs|systemctl status|service \\S{1,60} status|rsyslogd|ausearch|savecore|kdumpctl|pstore|mdb|errpt|fmdump|show|type|vmcore-dmesg)\\b`,
);
/** The same, but they stay: pagers, editors, followers, sessions on other hosts. Silence behind them means nothing. */
const STAYS = new RegExp(
  `${BEFORE}(?:less|more|most|pg|zless|journalctl|man|info|git|vim?|view|nvim|nano|emacs|joe|mcedit|ed|mailx?|mutt|pine|alpine|ssh|mosh|telnet|minicom|picocom|screen|tmux|cu|tip|neomutt|s-nail|elm|mc|mcview|ranger|nnn|tig|bat|glow|xzless|bzless|zstdless|lesspipe|docker|podman|kubectl|crictl|nc|ncat|socat|watch|script|scriptreplay|asciinema|ttyplay|virsh|xl|xm|qemu(?:-[\\w-]{1,30})?|kvm|bhyve|vmctl|zlogin|vmrun|virt-install|vagrant|machinectl|systemd-nspawn|lxc|lxc-\\w{1,10}|lxd|incus|jexec|conman|console|conserver|oob|tio|kermit|ser2net|gtkterm|rlogin|rsh|psql|mysql|mariadb|sqlite3|gdb|kgdb|multitail|lnav|crash|w3m|lynx|links|elinks|top|htop|tcpdump|ipmitool)\\b`,
);
const FOLLOWS = /\b(?:tail|dmesg|oob)\b.{0,80} -(?:\w{0,8}[fFw]\b|-follow)/;

/** Writing into the kernel's own files is no quotation: `echo c > /proc/sysrq-trigger`. */
const WRITES_KERNEL = />{1,2} ?\/?(?:proc|sys|dev)\/|\btee (?:-a )?\/(?:proc|sys|dev)\//;
/** Endless devices hold no text: `tail /dev/zero` eats memory. */
const READS_DEVICE = /\s\/dev\/(?:zero|full|u?random)\b/;
const RESTARTS = /\b(?:reboot|poweroff|halt|shutdown|kexec|init [06]|telinit [06]|sysrq-trigger)\b/;
const PAGER = /\b(?:less|more|most|pg|man|journalctl|git|zless)\b/;
const EDITOR = /\b(?:vim?|view|nvim|nano|emacs|joe|mcedit|ed)\b/;

/** What runs in the foreground of the console's shell, as far as its command line tells. */
export interface Foreground {
  /** Its output is quotation. `ending` programs give the prompt back at once, `staying` ones keep the console. */
  readonly shows: "nothing" | "ending" | "staying";
  readonly kind: "pager" | "editor" | "program";
  /** It was told to restart or stop the host. */
  readonly restarts: boolean;
}

/** Nothing is known to run. */
export const NO_FOREGROUND: Foreground = { shows: "nothing", kind: "program", restarts: false };

/** Reads a command line that was typed at a shell prompt. */
export function foregroundOf(line: string): Foreground {
  const command = line.slice(0, MAX_COMMAND);
  const kind = EDITOR.test(command) ? "editor" : PAGER.test(command) ? "pager" : "program";
  return { shows: showsOf(command), kind, restarts: RESTARTS.test(command) };
}

function showsOf(command: string): Foreground["shows"] {
  if (WRITES_KERNEL.test(command) || READS_DEVICE.test(command)) return "nothing";
  const parts = command.split(/[;&|]{1,2}/).map((part) => part.trim());
  if (FOLLOWS.test(command) || parts.some((part) => STAYS.test(part))) return "staying";
  return parts.some((part) => SHOWS.test(part)) ? "ending" : "nothing";
}
