/** Programs that show text of elsewhere: what they print happened at another time, or on another host. */
const SHOWS =
  /^(?:sudo |exec |time |nice |env |\w{1,20}=\S{0,80} ){0,3}(?:\/?(?:usr\/)?s?bin\/)?(?:cat|tac|nl|less|more|most|pg|head|tail|[zex]?f?grep|bzgrep|rg|ag|ack|zcat|zless|xzcat|bzcat|strings|sed|g?awk|perl|python[\d.]{0,4}|ruby|node|printf|echo|dmesg|journalctl|man|info|git|diff|patch|vim?|view|nvim|nano|emacs|joe|mcedit|ed|mailx?|mutt|pine|alpine|ssh|telnet|minicom|picocom|screen|tmux|cu|tip|docker|podman|kubectl|crictl|curl|wget|nc|socat|xxd|hexdump|od|column|fold|sort|uniq|watch|multitail|lnav|crash|coredumpctl|abrt-cli|history|find|ls|tee|w3m|lynx|links|elinks|stty|oob)\b/;

/** Writing into the kernel's own files is no quotation: `echo c > /proc/sysrq-trigger`. */
const WRITES_KERNEL = />{1,2} ?\/?(?:proc|sys|dev)\/|\btee (?:-a )?\/(?:proc|sys|dev)\//;
const PAGER = /\b(?:less|more|most|pg|man|journalctl|git|zless)\b/;
const EDITOR = /\b(?:vim?|view|nvim|nano|emacs|joe|mcedit|ed)\b/;

/** What runs in the foreground of the console's shell, as far as its command line tells. */
export interface Foreground {
  /** Its output is quotation, not evidence. */
  readonly shows: boolean;
  readonly kind: "pager" | "editor" | "program";
}

/** Reads a command line that was typed at a shell prompt. */
export function foregroundOf(command: string): Foreground {
  const parts = command.split(/[;&]{1,2}|\|\|?/).map((part) => part.trim());
  const shows = !WRITES_KERNEL.test(command) && parts.some((part) => SHOWS.test(part));
  const kind = EDITOR.test(command) ? "editor" : PAGER.test(command) ? "pager" : "program";
  return { shows, kind };
}
