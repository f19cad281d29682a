const BEFORE = String.raw`^(?:(?:sudo|exec|time|nice|env|\w{1,20}=\S{0,80}) ){0,4}(?:\/(?:\w{1,10}\/){1,3})?`;

/** Programs that show text of elsewhere and end: what they print happened at another time, or on another host. */
const SHOWS = new RegExp(
  `${BEFORE}(?:cat|tac|nl|head|tail|[zex]?f?grep|bzgrep|rg|ag|ack|zcat|xzcat|bzcat|strings|sed|g?awk|perl|python[\\d.]{0,4}|ruby|node|printf|echo|dmesg|diff|patch|curl|wget|xxd|hexdump|od|column|fold|sort|uniq|coredumpctl|abrt-cli|history|find|ls|tee|oob|last|ps|sysctl|logger)\\b`,
);
/** The same, but they stay: pagers, editors, followers, sessions on other hosts. Silence behind them means nothing. */
const STAYS = new RegExp(
  `${BEFORE}(?:less|more|most|pg|zless|journalctl|man|info|git|vim?|view|nvim|nano|emacs|joe|mcedit|ed|mailx?|mutt|pine|alpine|ssh|mosh|telnet|minicom|picocom|screen|tmux|cu|tip|docker|podman|kubectl|crictl|nc|socat|watch|multitail|lnav|crash|w3m|lynx|links|elinks|top|htop|tcpdump|ipmitool)\\b`,
);
const FOLLOWS = /\b(?:tail|dmesg|oob)\b.{0,80} -(?:\w{0,8}[fFw]\b|-follow)/;

/** Writing into the kernel's own files is no quotation: `echo c > /proc/sysrq-trigger`. */
const WRITES_KERNEL = />{1,2} ?\/?(?:proc|sys|dev)\/|\btee (?:-a )?\/(?:proc|sys|dev)\//;
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
export function foregroundOf(command: string): Foreground {
  const kind = EDITOR.test(command) ? "editor" : PAGER.test(command) ? "pager" : "program";
  return { shows: showsOf(command), kind, restarts: RESTARTS.test(command) };
}

function showsOf(command: string): Foreground["shows"] {
  if (WRITES_KERNEL.test(command)) return "nothing";
  const parts = command.split(/[;&|]{1,2}/).map((part) => part.trim());
  if (FOLLOWS.test(command) || parts.some((part) => STAYS.test(part))) return "staying";
  return parts.some((part) => SHOWS.test(part)) ? "ending" : "nothing";
}
