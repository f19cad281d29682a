/** What jails and containers logged since the last look, read by their host from below their roots. */
import { countOf, hostRows } from "./host-rows.ts";
import { jailRoots, SCRIPT_HEAD } from "./jail-list.ts";
import { quoteWord } from "./shell-words.ts";

/** Most bytes of one log that are sent at once, and of one that is seen for the first time. */
const MAX_NEW_BYTES = 32_768;
const FIRST_BYTES = 4096;
/** Most jails that are looked into. */
const MAX_JAILS = 200;

/** Names of files below var/log of each jail. */
export const JAIL_LOGS: readonly string[] = [
  "messages",
  "syslog",
  "auth.log",
  "secure",
  "maillog",
  "daemon.log",
];

/** A name that can stand in a script as it is: a file in var/log, or in a folder of it. */
export const isLogName = (name: string): boolean =>
  /^[A-Za-z0-9][\w.@+-]{0,80}(?:\/[A-Za-z0-9][\w.@+-]{0,80})?$/.test(name);

/** How far a log was read. */
export interface LogPlace {
  readonly jail: string;
  readonly file: string;
  readonly inode: string;
  readonly size: number;
}

/**
 * One row for each log, then its new lines. No symbolic link is followed in a jail; what a jail could put in a file's place
 * between the look and the reading is text of a file that root may read: jails that are not trusted at all want their logs
 * sent, not read.
 */
export const jailLogsScript = (
  files: readonly string[],
  places: readonly LogPlace[],
  jails: readonly string[] = [],
  proc?: string,
): string => `${SCRIPT_HEAD}
${jailRoots(proc)}
P=${quoteWord(places.map(({ jail, file, inode, size }) => `${jail} ${file} ${inode} ${size}`).join("\n"))}
W=${quoteWord(` ${jails.join(" ")} `)}
oob_jails | head -n ${MAX_JAILS} | while IFS="$T" read -r n r; do
case $W in '  '|*" $n "*) ;; *) continue;; esac
printf 'jail\\t%s\\t%s\\n' "$n" "$r"
if [ -L "$r/var" ] || [ -L "$r/var/log" ]; then printf 'link\\t%s\\tvar/log\\n' "$n"; continue; fi
for f in ${files.join(" ")}; do
g=$r/var/log/$f
if [ -L "$g" ] || [ -L "\${g%/*}" ]; then printf 'link\\t%s\\t%s\\n' "$n" "$f"; continue; fi
[ -f "$g" ] || continue
i=$(ls -i "$g" | awk '{ print $1 }'); s=$(($(wc -c <"$g")))
k=$(printf '%s\\n' "$P" | awk -v n="$n" -v f="$f" -v i="$i" '$1 == n && $2 == f && $3 == i { print $4 }')
m=${MAX_NEW_BYTES}
if [ -z "$k" ]; then k=0; case "$P" in *"$n $f "*) ;; *) m=${FIRST_BYTES};; esac; fi
[ "$s" -ge "$k" ] || k=0
j=0; [ $((s - k)) -le $m ] || { j=$((s - k - m)); k=$((s - m)); }
printf 'file\\t%s\\t%s\\t%s\\t%s\\t%s\\n' "$n" "$f" "$i" "$s" "$j"
tail -c +$((k + 1)) "$g" | head -c $((s - k)) | tr -d '\\000' | cut -b1-1024 | sed "s/^/l$T$n$T/" | awk 1
done
done
echo end
`;

/** One log's news. */
export interface JailLog extends LogPlace {
  /** Bytes of it that were left out. */
  readonly skipped: number;
  readonly lines: readonly string[];
}

/** What a host said. */
export interface JailLogs {
  readonly jails: readonly string[];
  readonly logs: readonly JailLog[];
  /** Links where no link belongs: "web var/log". */
  readonly links: readonly string[];
  readonly cut: boolean;
}

/** Reads what the script printed. */
export function readJailLogs(text: string): JailLogs {
  const rows = hostRows(text);
  // Lines belong to the file before them: the kinds are read in the order in which they came.
  const logs: (JailLog & { lines: string[] })[] = [];
  for (const line of text.split("\n", 50_000)) {
    const row = hostRows(line);
    const [file] = row.of("file");
    const [said] = row.of("l");
    const last = logs.at(-1);
    if (file) {
      const [jail = "", name = "", inode = "", size, skipped] = file;
      logs.push({
        ...{ jail, file: name, inode, size: countOf(size), skipped: countOf(skipped) },
        lines: [],
      });
    } else if (said && said[0] === last?.jail) last?.lines.push(said.slice(1).join(" "));
  }
  return {
    jails: rows.of("jail").map(([name = ""]) => name),
    logs,
    links: rows.of("link").map(([jail = "", file = ""]) => `${jail} ${file}`),
    cut: rows.cut || rows.of("end").length === 0,
  };
}
