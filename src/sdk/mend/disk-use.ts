import { quoteWord } from "../../codec/shell-words.ts";

/** A file system as `df -Pk` or `df -Pi` shows it: POSIX df. */
export interface DiskUse {
  readonly device: string;
  readonly mounted: string;
  readonly percent: number;
  readonly free: number;
}

/** More rows than this are no host's own file systems. */
const MAX_ROWS = 500;

/** Images that are full by their nature: optical media, snaps. */
const isImage = (device: string, mounted: string): boolean =>
  /^\/dev\/sr\d/.test(device) ||
  (/^\/dev\/loop\d/.test(device) && /^(?:\/var\/lib\/snapd)?\/snap\//.test(mounted));

/** Reads df's table: file systems on devices and of ZFS (`rpool/ROOT/x`); others (tmpfs, overlays, NFS) left out. */
export function readDiskUse(text: string): DiskUse[] {
  return text
    .split("\n")
    .slice(0, MAX_ROWS)
    .flatMap((row) => {
      const match =
        /^(\/dev\/\S{1,200}|[\w.-]{1,80}\/[\w./:-]{1,200})\s+\d+\s+\d+\s+(-?\d+)\s+(\d{1,3})%\s+(\/.{0,500})$/.exec(
          row,
        );
      if (!match) return [];
      const [, device = "", free, percent, mounted = ""] = match;
      if (isImage(device, mounted)) return [];
      return { device, mounted, percent: Number(percent), free: Number(free) };
    });
}

/** A file that is in no folder any more, whose room is taken for as long as a process has it open. */
export interface HeldFile {
  readonly kib: number;
  readonly pid: number;
  readonly process: string;
  readonly path: string;
}

const MAX_HELD = 500;

/** Prints `held KIB PID PROCESS PATH` of each such file on this file system, the biggest first. Source: proc(5), /proc/PID/fd. */
export const heldFiles = (mounted: string): string => `d=$(stat -c %d ${quoteWord(mounted)})
ls -l /proc/[0-9]*/fd 2>/dev/null | awk '$0 ~ "^/proc/[0-9]+/fd:$" { p = substr($0, 1, length($0) - 1) }
/ [(]deleted[)]$/ { for (i = 1; i < NF; i++) if ($i == "->") { print p "/" $(i - 1); break } }' | head -n ${MAX_HELD} | while read -r f; do
  [ -f "$f" ] && [ "$(stat -L -c %d "$f")" = "$d" ] || continue
  k=$(du -kL "$f" | { read -r k rest; echo "$k"; }); p=\${f#/proc/}; p=\${p%%/*}
  echo "held $k $p $(tr -d '\\n' <"/proc/$p/comm" | tr ' ' _) $(readlink "$f")"
done | sort -k 2,2rn
true`;

/** Reads what that printed. */
export function readHeldFiles(text: string): HeldFile[] {
  return text
    .split("\n")
    .slice(0, MAX_HELD)
    .flatMap((row) => {
      const match = /^held (\d{1,15}) (\d{1,10}) (\S{1,64}) (\/.{0,4096}) \(deleted\)$/.exec(row);
      if (!match) return [];
      const [, kib, pid, process = "", path = ""] = match;
      return { kib: Number(kib), pid: Number(pid), process, path };
    });
}

/** Prints the folders of this file system that have most files and folders in them. Sorts few lines: the disk is full. */
export const crowdedFolders = (mounted: string): string =>
  `find ${quoteWord(mounted)} -xdev 2>/dev/null | awk '{ sub("/[^/]*$", ""); n[$0]++ } END { for (d in n) if (n[d] > 20) print n[d], (d == "" ? "/" : d) }' | sort -rn | head -n 20
true`;

/** Something that may go without loss, and how much it takes. */
export interface Reclaimable {
  readonly name: string;
  /** Where it lies: only what lies on a full file system is worth anything. */
  readonly path: string;
  /** Prints its KiB; nothing where there is nothing. */
  readonly size: string;
  readonly clear: string;
  readonly what: string;
  /** Lost for good, or made anew by itself. */
  readonly undo: string;
  /** Only where the caller asks for it: somebody may want to read them. */
  readonly asked?: true;
}

const KIB = "awk '{ n += $1 } END { if (n) print int(n) }'";

/** journalctl(1) --vacuum-size; apt-get(8) clean; dnf(8); logrotate(8): names of rotated files. */
export const RECLAIMABLE: readonly Reclaimable[] = [
  {
    name: "package cache",
    path: "/var/cache",
    size: `for d in /var/cache/apt/archives /var/cache/dnf; do [ -d $d ] && find $d -xdev -type f -exec du -k {} + 2>/dev/null; done | ${KIB}`,
    clear: "if command -v apt-get >/dev/null; then apt-get clean; else dnf -q clean all; fi",
    what: "empty the package manager's cache",
    undo: "none is needed: it is fetched again",
  },
  {
    name: "journal",
    path: "/var/log/journal",
    size: `[ -d /var/log/journal ] && find /var/log/journal -xdev -type f -name '*@*.journal*' -exec du -k {} + 2>/dev/null | ${KIB}`,
    clear: "journalctl --quiet --rotate; journalctl --quiet --vacuum-size=64M",
    what: "shorten systemd's journal to its last 64 MiB",
    undo: "none: older lines are gone",
    asked: true,
  },
  {
    name: "rotated logs",
    path: "/var/log",
    size: `find /var/log -xdev -type f \\( -name '*.gz' -o -name '*.xz' -o -name '*.[0-9]' \\) -exec du -k {} + 2>/dev/null | ${KIB}`,
    clear:
      "find /var/log -xdev -type f \\( -name '*.gz' -o -name '*.xz' -o -name '*.[0-9]' \\) -exec rm -f {} +",
    what: "remove rotated logs (*.gz, *.xz, *.[0-9]) of /var/log",
    undo: "none: they are gone",
    asked: true,
  },
];

/** One line for each: `size NUMBER KIB MOUNTPOINT`. */
export const RECLAIMABLE_SIZES = `${RECLAIMABLE.map(
  ({ size, path }, index) =>
    `n=$(${size}); [ -n "$n" ] && echo "size ${index} $n $(df -P ${path} | sed -n '$s/.*% //p')"`,
).join("\n")}
true`;

/** Reads what that printed: KiB by index, of what lies on these file systems. */
export function readSizes(text: string, full: readonly DiskUse[]): ReadonlyMap<number, number> {
  const pairs = text.split("\n").flatMap((row) => {
    const match = /^size (\d) (\d{1,12}) (\/.{0,500})$/.exec(row);
    if (!match || !full.some(({ mounted }) => mounted === match[3])) return [];
    return [[Number(match[1]), Number(match[2])] as const];
  });
  return new Map(pairs);
}
