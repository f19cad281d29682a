const BEFORE = String.raw`^(?:[!({] ?)?(?:(?:(?:sudo|doas)(?: -u \S{1,32})?|exec|time|nice|ionice|nohup|timeout|env|command|do|then|else|if|while|-\S{1,20}|\d{1,6}[smhd]?|\w{1,20}=\S{0,80}) ){0,6}(?:\/(?:\w{1,10}\/){1,3})?`;

/** No command line is looked at further. */
const MAX_COMMAND = 400;

/** Programs that show text of elsewhere and end: what they print happened at another time, or on another host. */
const SHOWS = new RegExp(
  `${BEFORE}(?:cat|tac|nl|head|tail|[zex]?f?grep|bzgrep|rg|ag|ack|zcat|xzcat|bzcat|strings|sed|g?awk|perl|python[\\d.]{0,4}|ruby|node|printf|echo|dmesg|diff|patch|curl|wget|xxd|hexdump|od|column|fold|sort|uniq|coredumpctl|abrt-cli|history|find|ls|tee|last|ps|sysctl|logger|zstdcat|lz4cat|batcat|cut|paste|rev|shuf|split|jq|xargs|systemctl status|service \\S{1,60} status|rsyslogd|ausearch|savecore|crashinfo|kdumpctl|pstore|mdb|errpt|fmdump|show|type|vmcore-dmesg)\\b`,
);
/** The same, but they stay: pagers, editors, followers, sessions on other hosts. Silence behind them means nothing. */
const STAYS = new RegExp(
  `${BEFORE}(?:less|more|most|pg|zless|journalctl|man|info|git|vim?|view|nvim|nano|emacs|joe|mcedit|ed|mailx?|mutt|pine|alpine|ssh|mosh|telnet|minicom|picocom|screen|tmux|cu|tip|neomutt|s-nail|elm|mc|mcview|ranger|nnn|tig|bat|glow|xzless|bzless|zstdless|lesspipe|docker|podman|kubectl|crictl|nc|ncat|socat|watch|script|scriptreplay|asciinema|ttyplay|virsh|xl|xm|qemu(?:-[\\w-]{1,30})?|kvm|bhyve|vmctl|zlogin|vmrun|virt-install|vagrant|machinectl|systemd-nspawn|lxc|lxc-\\w{1,10}|lxd|incus|jexec|conman|console|conserver|oob|tio|kermit|ser2net|gtkterm|rlogin|rsh|psql|mysql|mariadb|sqlite3|gdb|kgdb|multitail|lnav|stern|kubetail|pdsh|dsh|clush|cssh|pssh|parallel-ssh|ansible(?:-\\w{1,12})?|salt(?:-\\w{1,8})?|fab|aws|az|gcloud|oc|openstack|nova|doctl|hcloud|linode-cli|lavacli|govc|esxcli|crash|w3m|lynx|links|elinks|top|htop|tcpdump|ipmitool)\\b`,
);
const FOLLOWS = /\b(?:tail|dmesg|oob)\b.{0,80} -(?:\w{0,8}[fFw]\b|-follow)/;

/** Writing into the kernel's own files is no quotation: `echo c > /proc/sysrq-trigger`. */
const WRITES_KERNEL = />{1,2} ?\/?(?:proc|sys|dev)\/|\btee (?:-a )?\/(?:proc|sys|dev)\//;
/** Endless devices hold no text: `tail /dev/zero` eats memory. */
const READS_DEVICE = /\s\/dev\/(?:zero|full|u?random)\b/;
const RESTARTS = /\b(?:reboot|poweroff|halt|shutdown|kexec|init [06]|telinit [06]|sysrq-trigger)\b/;
const PAGER = /\b(?:less|more|most|pg|man|journalctl|git|zless)\b/;
const EDITOR = /\b(?:vim?|view|nvim|nano|emacs|joe|mcedit|ed)\b/;

/** A command line inside another: `bash -c 'cat x'`, `su - log -c "less x"`. */
const WRAPPED =
  /^(.{0,80}\b(?:\w{0,4}sh|su|runuser|setsid|flock \S{1,80}) (?:.{0,60} )?-c) ["']?(.{0,300}?)["']?$/;
/** Programs that build, test or run kernels and virtual machines, and show what those print. */
const TESTS = new RegExp(
  `${BEFORE}(?:\\./)?(?:g?make|ninja|meson|bazel|cargo|npm|npx|yarn|pnpm|go (?:test|run)|pytest|tox|nox|ctest|prove|gradle|mvn|nix(?:-build|-shell)?|nixos-\\w{1,12}|vng|virtme-\\w{1,8}|kola|mkosi|kselftest|\\.?\\S{0,40}run_kselftest|avocado|tmt|lava\\w{0,12}|labgrid-client|robot|rake|just|earthly|act|gitlab-runner|linux|vmlinux|kunit\\S{0,4})\\b`,
);

/** Tools for modules, disks, files and interfaces of this host: under them kernels die, and they show none of another. */
const WORKS = new RegExp(
  `${BEFORE}(?:insmod|modprobe|rmmod|u?mount|swapon|swapoff|mkswap|mkfs(?:\\.\\w{2,8})?|e?fsck(?:\\.\\w{2,8})?|e2fsck|tune2fs|resize2fs|xfs_\\w{2,12}|btrfs|zfs|zpool|bcachefs|mdadm|(?:lv|vg|pv)\\w{2,10}|cryptsetup|dmsetup|losetup|wipefs|blkdiscard|fstrim|hdparm|nvme|sync|dd(?= .{0,200}\\bof=)|cp|mv|rm|mkdir|truncate|fallocate|chmod|chown|cd|sleep|ip(?! (?:netns|vrf) )|ifconfig|ethtool|tc|nft|iptables|stress(?:-ng)?|fio)(?![\\w./-])`,
);
/** Even these may show a text: of what runs inside the line, or by a copy to the terminal. */
const SHOWS_INSIDE = /\$\(|[`<]|\/dev\/(?:tty|pts|console|std|fd|kmsg|ser|serial)/;
const WRITES_SETTING = /^(?:echo|printf) .{0,200}>{1,2} ?\/(?:proc|sys)\/\S{1,200}$/;

/** What runs in the foreground of the console's shell, as far as its command line tells. */
export interface Foreground {
  /** Its output is quotation. `ending` programs give the prompt back at once, `staying` ones keep the console. */
  readonly shows: "nothing" | "ending" | "staying";
  readonly kind: "pager" | "editor" | "program";
  /** It was told to restart or stop the host. */
  readonly restarts: boolean;
  /** It builds or tests: what it runs may print anything, and a virtual machine's console among it. */
  readonly tests: boolean;
  /** It works on this host's own kernel, and on nothing that another kernel prints. */
  readonly works: boolean;
}

/** Nothing is known to run. */
export const NO_FOREGROUND: Foreground = {
  shows: "nothing",
  kind: "program",
  restarts: false,
  tests: false,
  works: false,
};

/** Reads a command line that was typed at a shell prompt; not before something is asked of it: most never are. */
export const foregroundOf = (line: string): Foreground => new TypedCommand(line);

class TypedCommand implements Foreground {
  readonly #line: string;
  #read: Foreground | undefined;

  constructor(line: string) {
    this.#line = line.slice(0, MAX_COMMAND);
  }

  get shows(): Foreground["shows"] {
    return this.#reading.shows;
  }

  get kind(): Foreground["kind"] {
    return this.#reading.kind;
  }

  get restarts(): boolean {
    return this.#reading.restarts;
  }

  get tests(): boolean {
    return this.#reading.tests;
  }

  get works(): boolean {
    return this.#reading.works;
  }

  get #reading(): Foreground {
    this.#read ??= read(this.#line);
    return this.#read;
  }
}

function read(line: string): Foreground {
  const command = line.replace(WRAPPED, "$1; $2");
  const kind = EDITOR.test(command) ? "editor" : PAGER.test(command) ? "pager" : "program";
  return {
    shows: showsOf(command),
    kind,
    restarts: RESTARTS.test(command),
    tests: partsOf(command).some((part) => TESTS.test(part)),
    works: partsOf(command).every(worksHere),
  };
}

function showsOf(command: string): Foreground["shows"] {
  if (WRITES_KERNEL.test(command) || READS_DEVICE.test(command)) return "nothing";
  const parts = partsOf(command);
  if (FOLLOWS.test(command) || parts.some((part) => STAYS.test(part))) return "staying";
  return parts.some((part) => SHOWS.test(part)) ? "ending" : "nothing";
}

const partsOf = (command: string): string[] =>
  command.split(/[;&|]{1,2}/).map((part) => part.trim());

const worksHere = (part: string): boolean =>
  !SHOWS_INSIDE.test(part) &&
  (WORKS.test(part) || WRITES_SETTING.test(part) || READS_DEVICE.test(part));
