/**
 * What was asked of a web server besides what it is known for: access logs in the common format, filtered and counted on
 * the host, so that a log of megabytes costs kilobytes of line.
 */
import { countOf, hostRows } from "./host-rows.ts";
import { SCRIPT_HEAD } from "./jail-list.ts";
import { quoteWord } from "./shell-words.ts";

/** Where the usual servers write. Shell patterns. */
export const WEB_LOGS: readonly string[] = [
  "/var/log/nginx/*access*log*",
  "/var/log/apache2/*access*log*",
  "/var/log/httpd/*access*log*",
  "/var/log/httpd-access.log*",
  "/var/log/lighttpd/access.log*",
];

/** Most rows that a host sends. */
const MAX_PROBES = 200;

/** What the script is told. */
export interface ProbeQuestion {
  /** Shell patterns of absolute paths. */
  readonly logs: readonly string[];
  /** File on the host with the known-good patterns, and what has to be in it. */
  readonly knownGood?: { readonly path: string; readonly sha256: string };
}

/** A shell pattern that can stand in a script as it is. */
export const isLogPattern = (pattern: string): boolean =>
  /^(?:\/[\w.,:@%+*?-]+)+$/.test(pattern) && !/(?:^|\/)\.\.(?:\/|$)/.test(pattern);

/**
 * One row for each path and status that no known-good pattern covers: answers of 2xx first, then the most frequent. Lines of
 * today and yesterday count, in the host's time. A pattern is matched against the path, which a TAB ends.
 */
export const probesScript = ({ logs, knownGood }: ProbeQuestion): string => `${SCRIPT_HEAD}
k=${quoteWord(knownGood?.path ?? "")}
sum() { sha256sum <"$1" 2>/dev/null || sha256 -q "$1" 2>/dev/null || openssl dgst -sha256 -r "$1" 2>/dev/null; }
if [ -n "$k" ]; then
[ "$(sum "$k" | cut -b1-64)" = ${quoteWord(knownGood?.sha256 ?? "")} ] || { echo need; echo end; exit; }
echo / | grep -Ef "$k" >/dev/null 2>&1; [ $? -lt 2 ] || { echo bad-patterns; echo end; exit; }
fi
keep() { if [ -n "$k" ]; then grep -vEf "$k"; else cat; fi; }
a=$(date +%d/%b/%Y)
b=$(date -d yesterday +%d/%b/%Y 2>/dev/null || date -v-1d +%d/%b/%Y 2>/dev/null || date -d "@$(($(date +%s) - 86400))" +%d/%b/%Y 2>/dev/null) || b=$a
set --
for f in $(find ${logs.join(" ")} -prune -type f -mtime -2 2>/dev/null); do set -- "$@" "$f"; printf 'log\\t%s\\n' "$f"; done
[ $# -gt 0 ] || { echo end; exit; }
{ { for f; do case $f in *.gz) gzip -dc "$f";; *.bz2) bzip2 -dc "$f";; *.xz) xz -dc "$f";; *.zst) zstd -dcq "$f";; *) cat "$f";; esac || printf 'unread\\t%s\\n' "$f" >&3; done; } 2>/dev/null |
cut -b1-4096 | tr -d '\\000' | tr '\\t' ' ' | awk -v a="[$a" -v b="[$b" '
index($0, a) || index($0, b) { all++; i = index($0, "\\""); r = substr($0, i + 1)
if (!i || !match(r, /" [0-9][0-9][0-9] /)) { bad++; next }
q = substr(r, 1, RSTART - 1); s = substr(r, RSTART + 2, 3); n = split(q, w, " "); p = n > 1 ? w[2] : q; m = n > 1 ? w[1] : "-"
gsub(/[\\001-\\037]/, "?", p); gsub(/[\\001-\\037]/, "?", m)
print substr(p, 1, 300) "\\t" s "\\t" substr(m, 1, 16) "\\t" substr($1, 1, 64) }
END { print "total\\t" all + 0 "\\t" bad + 0 | "cat 1>&3" }' |
keep | sort | awk -F '\\t' '
function out() { if (n) print (s ~ /^2/ ? 1 : 0) "\\t" n "\\t" s "\\t" m "\\t" c "\\t" f "\\t" p }
$1 "\\t" $2 != key { out(); key = $1 "\\t" $2; n = c = 0; p = $1; s = $2; m = $3; f = $4; last = "" }
{ n++; if ($4 != last) { c++; last = $4 } }
END { out() }' | sort -t "$T" -k1,1nr -k2,2nr | awk -v T="$T" '
{ n++ } n <= ${MAX_PROBES} { print "probe" T $0 } END { print "kinds" T n + 0 }'; } 3>&1
echo end
`;

/** One path that was asked for. */
export interface Probe {
  readonly path: string;
  readonly status: string;
  readonly method: string;
  readonly count: number;
  /** How many addresses asked for it, and one of them. */
  readonly addresses: number;
  readonly address: string;
}

/** What a host said. */
export interface Probes {
  /** The host lacks the known-good patterns, or has others; or its grep does not understand them. */
  readonly wants: "known-good" | "other patterns" | undefined;
  readonly logs: readonly string[];
  readonly unread: readonly string[];
  /** Lines of the time in question, and those that are no request in the common format. */
  readonly lines: number;
  readonly bad: number;
  /** Paths and answers, of which the first ones are in `probes`. */
  readonly kinds: number;
  readonly probes: readonly Probe[];
  readonly cut: boolean;
}

/** Reads what the script printed. */
export function readProbes(text: string): Probes {
  const rows = hostRows(text);
  const [lines, bad] = rows.of("total")[0] ?? [];
  const probes = rows
    .of("probe")
    .map(([, count, status = "", method = "", addresses, address = "", path = ""]) => ({
      path,
      status,
      method,
      count: countOf(count),
      addresses: countOf(addresses),
      address,
    }));
  const logs = rows.of("log").map(([log = ""]) => log);
  return {
    wants:
      rows.of("need").length > 0
        ? "known-good"
        : rows.of("bad-patterns").length > 0
          ? "other patterns"
          : undefined,
    logs,
    unread: rows.of("unread").map(([log = ""]) => log),
    lines: countOf(lines),
    bad: countOf(bad),
    kinds: countOf(rows.one("kinds")),
    probes,
    cut:
      rows.cut ||
      rows.of("end").length === 0 ||
      (logs.length > 0 && (lines === undefined || rows.one("kinds") === undefined)),
  };
}

/** Longest file of patterns, longest pattern. */
const MAX_PATTERNS = 5000;
const MAX_PATTERN = 500;

/**
 * Patterns as grep on the host is given them: extended regular expressions of paths, one a line, comments and empty lines
 * left out (an empty pattern would cover everything). `$` is the end of the path. Undefined: with what is wrong.
 */
export function knownGoodPatterns(
  text: string,
): { readonly patterns: string } | { readonly wrong: string } {
  const lines = text.split(/\r?\n/, MAX_PATTERNS + 1);
  if (lines.length > MAX_PATTERNS) return { wrong: `it has more than ${MAX_PATTERNS} lines` };
  const patterns: string[] = [];
  for (const [index, line] of lines.entries()) {
    const pattern = line.trim();
    if (pattern === "" || pattern.startsWith("#")) continue;
    const where = `line ${index + 1}`;
    if (pattern.length > MAX_PATTERN) return { wrong: `${where} is too long` };
    if (/\p{Cc}/u.test(pattern)) return { wrong: `${where} has a control character` };
    if (/^\^?(?:\.\*)?\/?(?:\.\*)?$/.test(pattern)) return { wrong: `${where} covers every path` };
    patterns.push(pattern.replace(/(\\.)|\$(?=$|[|)])/g, (_, escaped) => escaped ?? "\t"));
  }
  return { patterns: patterns.map((pattern) => `${pattern}\n`).join("") };
}
