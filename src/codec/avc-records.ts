/**
 * SELinux denials, grouped on the host: who (type), to what (type), class, permissions, command. From ausearch, else from
 * audit.log, else from the kernel's log.
 */
import { countOf, hostRows } from "./host-rows.ts";
import { SCRIPT_HEAD } from "./jail-list.ts";

/** Most groups that a host sends. */
const MAX_GROUPS = 300;

/** One row for each group of denials since yesterday, the most frequent first. `logs` is where auditd writes. */
export const avcScript = (logs = "/var/log/audit"): string => `${SCRIPT_HEAD}
group() {
cut -b1-4096 | tr -d '\\000\\t' | awk '
function part(name, s) { if (!match(s, " " name "=[^ \\047]*")) return ""; return substr(s, RSTART + length(name) + 2, RLENGTH - length(name) - 2) }
function kind(c, f) { return split(c, f, ":") > 2 ? f[3] : c }
/avc: +denied/ { s = $0 " "; p = ""; if (match(s, /\\{[^}]*\\}/)) p = substr(s, RSTART + 1, RLENGTH - 2); gsub(/^ +| +$/, "", p)
print kind(part("scontext", s)) "\\t" kind(part("tcontext", s)) "\\t" part("tclass", s) "\\t" p "\\t" part("comm", s) "\\t" part("permissive", s) }' |
sort | uniq -c | sort -rn | head -n ${MAX_GROUPS} | sed "s/^ *\\([0-9]*\\) /avc$T\\1$T/"
}
printf 'mode\\t%s\\n' "$(getenforce 2>/dev/null)"
if command -v ausearch >/dev/null 2>&1; then echo "by$T"ausearch; ausearch -m AVC,USER_AVC -ts yesterday --raw 2>/dev/null | group
elif [ -r ${logs}/audit.log ]; then echo "by$T"audit.log; cat ${logs}/audit.log.1 ${logs}/audit.log 2>/dev/null | grep -a 'avc: *denied' | group
elif [ -d /sys/fs/selinux ]; then echo "by$T"kernel; { journalctl -q -k --since yesterday -o cat 2>/dev/null || dmesg; } | grep -a 'avc: *denied' | group
else echo "by$T"nothing
fi
echo end
`;

/** A group of denials. */
export interface Denial {
  readonly count: number;
  readonly source: string;
  readonly target: string;
  readonly class: string;
  readonly permissions: string;
  readonly command: string;
  /** It was let through all the same. */
  readonly permissive: boolean;
}

/** What a host said. */
export interface Denials {
  readonly by: string | undefined;
  /** What getenforce says; "" where there is none. */
  readonly mode: string;
  readonly denials: readonly Denial[];
  readonly cut: boolean;
}

/** Reads what the script printed. */
export function readDenials(text: string): Denials {
  const rows = hostRows(text);
  const denials = rows
    .of("avc")
    .map(([count, source = "", target = "", kind = "", permissions = "", command = "", soft]) => ({
      count: countOf(count),
      source,
      target,
      class: kind,
      permissions,
      command: commandOf(command),
      permissive: soft === "1",
    }));
  const by = rows.one("by");
  return {
    by: by === "nothing" ? undefined : by,
    mode: rows.one("mode") ?? "",
    denials,
    cut: rows.cut || rows.of("end").length === 0 || denials.length >= MAX_GROUPS,
  };
}

/** audit writes names with blanks, quotes or control characters as hexadecimal digits, all others in quotes. */
function commandOf(field: string): string {
  const [, quoted] = /^"(.*)"$/.exec(field) ?? [];
  if (quoted !== undefined) return quoted;
  if (!/^(?:[0-9A-F]{2}){1,64}$/.test(field)) return field;
  const bytes = (field.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
  return bytes.map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : "?")).join("");
}
