/**
 * The packages of a host and of its jails, sent as a daily difference: names fall into 64 drawers, the host sums each drawer
 * up and sends those whose sum is not yesterday's.
 */

import { countOf, hostRows } from "./host-rows.ts";
import { jailRoots, SCRIPT_HEAD } from "./jail-list.ts";
import type { Packager } from "./package-versions.ts";

/** Sums of the drawers that are known, by their number. */
export type DrawerSums = Readonly<Record<string, string>>;

/** Packagers, systems and kernels, then the drawers that are not as in `known`. */
export const packagesScript = (
  known: DrawerSums,
  jails: boolean,
  root = "",
): string => `${SCRIPT_HEAD}
${jails ? jailRoots() : "oob_jails() { :; }"}
list() { # name, root, jail of FreeBSD
i=$(sed -n 's/^ID=//p' "$2/etc/os-release" 2>/dev/null | tr -d "\\"'\\t" | head -n 1)
v=$(sed -n 's/^VERSION_ID=//p' "$2/etc/os-release" 2>/dev/null | tr -d "\\"'\\t" | head -n 1)
c=$(sed -n 's/^VERSION_CODENAME=//p' "$2/etc/os-release" 2>/dev/null | tr -d "\\"'\\t" | head -n 1)
if [ -s "$2/var/lib/dpkg/status" ]; then p=dpkg
elif [ -s "$2/lib/apk/db/installed" ]; then p=apk
elif [ -d "$2/var/lib/rpm" ] && command -v rpm >/dev/null 2>&1; then p=rpm
elif [ -f "$2/var/db/pkg/local.sqlite" ] && pkg -N >/dev/null 2>&1; then p=pkg
else p=none; fi
printf 'os\\t%s\\t%s\\t%s\\t%s\\t%s\\n' "$1" "$p" "$i" "$v" "$c" >&3
case $p in
dpkg) awk -v j="$1" 'function out() { if (on && n != "") print n "\\t" v "\\t" (s == n ? "" : s) "\\t" (w == v ? "" : w) "\\t" j; n = v = s = w = ""; on = 0 }
/^Package: /{ n = $2; s = n } /^Version: /{ v = $2; if (w == "") w = v } /^Status: /{ on = $4 == "installed" } /^Source: /{ s = $2; if (NF > 2) { w = $3; gsub(/[()]/, "", w) } } /^$/{ out() } END { out() }' "$2/var/lib/dpkg/status";;
apk) awk -v j="$1" 'function out() { if (n != "") print n "\\t" v "\\t" (s == n ? "" : s) "\\t\\t" j; n = v = s = "" }
/^P:/{ n = substr($0, 3); s = n } /^V:/{ v = substr($0, 3) } /^o:/{ s = substr($0, 3) } /^$/{ out() } END { out() }' "$2/lib/apk/db/installed";;
rpm) rpm -qa --root "\${2:-/}" --qf "%{NAME}\\\\t%|EPOCH?{%{EPOCH}:}:{}|%{VERSION}-%{RELEASE}\\\\t\\\\t\\\\t$1\\\\n" 2>/dev/null;;
pkg) if [ -n "$1" ]; then pkg -j "$1" query "%n$T%v$T$T$T$1"; else pkg query "%n$T%v$T$T$T"; fi 2>/dev/null;;
esac; }
{ { list "" "${root}"; oob_jails | while IFS="$T" read -r n r; do [ -L "$r/etc" ] || [ -L "$r/var" ] || [ -L "$r/lib/apk" ] || list "$n" "$r"; done; } | sort -u | awk -v K="${Object.entries(
  known,
)
  .filter(([drawer, sum]) => /^\d{1,2}$/.test(drawer) && /^\d{1,10}$/.test(sum))
  .map(([drawer, sum]) => `${drawer}:${sum}`)
  .join(" ")}" '
BEGIN { FS = "\\t"; for (i = 32; i < 127; i++) C[sprintf("%c", i)] = i; n = split(K, k, " "); for (i = 1; i <= n; i++) { split(k[i], x, ":"); S[x[1]] = x[2] } }
{ b = 0; for (i = 1; i <= length($1); i++) b = (b * 31 + C[substr($1, i, 1)]) % 64
h = H[b] + 0; for (i = 1; i <= length($0); i++) h = (h * 65599 + C[substr($0, i, 1)] + 1) % 2147483647
H[b] = h; L[b] = L[b] "p\\t" b "\\t" $0 "\\n"; N++ }
END { for (b = 0; b < 64; b++) if (H[b] != "") { s = sprintf("%.0f", H[b]); print "sum\\t" b "\\t" s; if (s != S[b]) printf "%s", L[b] }
print "all\\t" N + 0 }'; } 3>&1
r=$(uname -r); printf 'running\\t%s\\t%s\\n' "$r" "$(uname -v | tr '\\t' ' ')"
if command -v freebsd-version >/dev/null 2>&1; then printf 'kernel\\t%s\\n' "$(freebsd-version -k)"
else for f in ${root}/boot/vmlinuz-*; do [ -f "$f" ] && printf 'kernel\\t%s\\n' "\${f##*/vmlinuz-}"; done; fi
echo end
`;

/** One installed package. The source package is what Debian's and Alpine's advisories speak of. */
export interface InstalledPackage {
  /** "" on the host itself. */
  readonly jail: string;
  readonly name: string;
  readonly version: string;
  readonly source: string;
  readonly sourceVersion: string;
}

/** The system in which packages are installed. */
export interface PackageSystem {
  readonly jail: string;
  readonly packager: Packager | undefined;
  /** ID, VERSION_ID and VERSION_CODENAME of os-release(5). */
  readonly id: string;
  readonly version: string;
  readonly codename: string;
}

/** A drawer as it is kept from day to day. */
export interface Drawer {
  readonly sum: string;
  readonly rows: readonly (readonly string[])[];
}

/** What a host said, with what was known put in where it said that nothing changed. */
export interface PackageList {
  readonly systems: readonly PackageSystem[];
  readonly packages: readonly InstalledPackage[];
  readonly drawers: Readonly<Record<string, Drawer>>;
  readonly running: string;
  /** uname -v, where Debian names its package's version. */
  readonly build: string;
  readonly kernels: readonly string[];
  /** Its end is missing, or the number of packages is not what the host counted: nothing of it is to be believed. */
  readonly damaged: boolean;
}

const PACKAGERS: readonly Packager[] = ["dpkg", "rpm", "pkg", "apk"];

/** Reads what the script printed. */
export function readPackages(text: string, known: Readonly<Record<string, Drawer>>): PackageList {
  const rows = hostRows(text);
  const sent = new Map<string, string[][]>();
  for (const [drawer = "", ...fields] of rows.of("p")) {
    const own = sent.get(drawer);
    if (own) own.push(fields);
    else sent.set(drawer, [fields]);
  }
  const drawers: Record<string, Drawer> = {};
  for (const [drawer = "", sum = ""] of rows.of("sum").slice(0, 64)) {
    const own = sent.get(drawer) ?? (known[drawer]?.sum === sum ? known[drawer].rows : []);
    drawers[drawer] = { sum, rows: own };
  }
  const packages = Object.values(drawers).flatMap((drawer) => drawer.rows.map(packageOf));
  const [running = "", build = ""] = rows.of("running")[0] ?? [];
  return {
    systems: rows.of("os").map(systemOf),
    packages,
    drawers,
    running,
    build,
    kernels: rows.of("kernel").map(([kernel = ""]) => kernel),
    damaged:
      rows.cut ||
      rows.of("end").length === 0 ||
      rows.of("all").length !== 1 ||
      countOf(rows.one("all")) !== packages.length,
  };
}

function packageOf([
  name = "",
  version = "",
  source = "",
  sourceVersion = "",
  jail = "",
]: readonly string[]) {
  return {
    jail,
    name,
    version,
    source: source || name,
    sourceVersion: sourceVersion || version,
  };
}

function systemOf([jail = "", packager, id = "", version = "", codename = ""]: readonly string[]) {
  return {
    jail,
    packager: PACKAGERS.find((one) => one === packager),
    id,
    version,
    codename,
  };
}
