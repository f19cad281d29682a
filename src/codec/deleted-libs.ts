/**
 * Programs and libraries that run but are gone from the disk, usually since a package was upgraded: executable mappings
 * whose name ends in " (deleted)" (proc_pid_maps(5)), or lsof's DEL rows where there is no such file.
 */
import { hostRows } from "./host-rows.ts";
import { SCRIPT_HEAD } from "./jail-list.ts";

/** Most rows that a host sends. */
const MAX_ROWS = 3000;

/**
 * One row for each process and file. Left out: memory that never had a file, files in /dev, and those of the initramfs
 * (devices 0:1 and 0:2), out of which a udevd may run on for as long as the host does (measured on Debian 12).
 */
export const deletedLibsScript = (proc = "/proc"): string => `${SCRIPT_HEAD}
if [ -r ${proc}/self/maps ]; then
for d in ${proc}/[0-9]*; do
m=$(sed -n -e '/^[^ ]* [^ ]* [^ ]* 00:0[12] /d' -e 's,^[^ ]* ..x[^/]*\\(/.*\\) (deleted)$,\\1,p' "$d/maps" 2>/dev/null) || { [ -d "$d" ] && printf 'unread\\t%s\\n' "\${d##*/}"; continue; }
[ -n "$m" ] || continue
c=$(tr -d '\\n\\t' <"$d/comm" 2>/dev/null)
g=$(sed -n -e '/^0:/{p;q;}' -e '/^[0-9]*:name=systemd:/{p;q;}' "$d/cgroup" 2>/dev/null)
printf '%s\\n' "$m" | sort -u | while IFS= read -r f; do
case $f in /memfd:*|/dev/*|/SYSV*|/\\[*|/drm*|/i915*|/anon_hugepage*) continue;; esac
[ -e "$f (deleted)" ] || printf 'gone\\t%s\\t%s\\t%s\\t%s\\n' "\${d##*/}" "$g" "$f" "$c"
done
done | sort -u | head -n ${MAX_ROWS}
echo "by$T"maps
elif command -v lsof >/dev/null 2>&1; then
lsof -n -P 2>/dev/null | awk '{ for (i = 3; i < 6; i++) if ($i == "DEL") { print "gone\\t" $2 "\\t\\t" $NF "\\t" $1; next } }' | sort -u | head -n ${MAX_ROWS}
echo "by$T"lsof
else echo "by$T"nothing
fi
[ -f /var/run/reboot-required ] && echo "flag$T"reboot-required
echo end
`;

/** A file that is gone, and who runs it. */
export interface GoneFile {
  readonly pid: number;
  readonly command: string;
  /** The systemd unit; "" where there is none. */
  readonly unit: string;
  readonly path: string;
}

/** What a host said. */
export interface GoneFiles {
  /** How it was found out; undefined where the host has neither way. */
  readonly by: "maps" | "lsof" | undefined;
  readonly files: readonly GoneFile[];
  /** Processes whose mappings could not be read. */
  readonly unread: number;
  readonly rebootRequired: boolean;
  /** Its end is missing, or there was more than was sent. */
  readonly cut: boolean;
}

/** Reads what the script printed. */
export function readDeletedLibs(text: string): GoneFiles {
  const rows = hostRows(text);
  const files = rows.of("gone").map(([pid = "", cgroup = "", path = "", command = ""]) => ({
    pid: /^\d{1,10}$/.test(pid) ? Number(pid) : 0,
    command,
    unit: unitOf(cgroup),
    path,
  }));
  const by = rows.one("by");
  return {
    by: by === "maps" || by === "lsof" ? by : undefined,
    files,
    unread: rows.of("unread").length,
    rebootRequired: rows.one("flag") === "reboot-required",
    cut: rows.cut || rows.of("end").length === 0 || files.length >= MAX_ROWS,
  };
}

/** Letters that systemd.unit(5) allows in the name of a unit. */
const UNIT = /^[A-Za-z0-9:_.\\@-]{1,240}\.(?:service|scope)$/;

/**
 * The unit that this host's systemd runs, of a control group's path: "0::/system.slice/ssh.service". The outermost one: those
 * inside are a user's or a container's, whose names may be those of others here.
 */
export function unitOf(cgroup: string): string {
  const names = cgroup.slice(cgroup.lastIndexOf(":") + 1).split("/");
  return names.find((name) => UNIT.test(name)) ?? "";
}

/** What makes a process run its files anew. */
export type Remedy = "restart" | "log in again" | "reboot" | "by hand";

/** What cannot be restarted under a running system without taking people or the console along. */
const NEEDS_REBOOT = /^(?:init\.scope|dbus(?:-broker)?\.service|systemd-logind\.service)$/;
const SESSION = /^(?:session-\w+\.scope|user@\d+\.service)$/;
const GETTY = /^(?:serial-getty|getty|console-getty|container-getty)@?/;
/** Their restart takes sessions, links, guests or containers along: what needrestart(1) leaves alone by default. */
const BY_HAND =
  /^(?:gdm|kdm|nodm|sddm|wdm|xdm|lightdm|slim|lxdm|display-manager|bird|network|NetworkManager|ModemManager|wpa_supplicant|openvpn|wg-quick|quagga|frr|tinc|(?:open|free|libre|strong)swan|bluetooth|zfs-fuse|xendomains|lxcfs\.|libvirt|virtlogd|virtlockd|docker\.|containerd\.|emergency\.|rescue\.)/;
const LIBC = /\/(?:libc[.-]|ld-linux|ld-musl|libpthread[.-])/;

/** What is to be done about one file of one process. */
export function remedyOf({ pid, unit, path }: GoneFile): Remedy {
  if (pid === 1 || NEEDS_REBOOT.test(unit)) return "reboot";
  if (SESSION.test(unit) || GETTY.test(unit)) return "log in again";
  if (unit.endsWith(".service") && !BY_HAND.test(unit)) return "restart";
  return LIBC.test(path) ? "reboot" : "by hand";
}

/** Whether every process of a host has to start anew: the C library, systemd or D-Bus are old. */
export const wantsReboot = (found: GoneFiles): boolean =>
  found.rebootRequired ||
  found.files.some((file) => remedyOf(file) === "reboot" || LIBC.test(file.path));
