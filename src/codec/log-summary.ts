/**
 * A day's log in a page: logwatch(8) where the host has it, else our own count of its messages, with times, process
 * numbers, addresses and other digits taken out so that what is the same counts as the same.
 */
import { printable } from "../lib/printable.ts";
import { countOf, hostRows, MAX_HOST_TEXT } from "./host-rows.ts";
import { SCRIPT_HEAD } from "./jail-list.ts";

/** Most kinds of message that a host sends; most lines of logwatch. */
const MAX_KINDS = 300;
const MAX_LOGWATCH_LINES = 5000;

/** Logs of a host without a journal, where the syslogs of Linux and the BSDs write. */
const LOGS = [
  "syslog",
  "messages",
  "auth.log",
  "authlog",
  "secure",
  "daemon.log",
  "daemon",
  "maillog",
];

/** `way`: "auto" takes logwatch where there is one. `folder` is where the host's syslog writes. */
export const logSummaryScript = (
  way: "auto" | "own",
  folder = "/var/log",
): string => `${SCRIPT_HEAD}
if [ ${way} = auto ] && command -v logwatch >/dev/null 2>&1; then
echo "by$T"logwatch
logwatch --range yesterday --output stdout --format text 2>&1 | head -n ${MAX_LOGWATCH_LINES} | tr -d '\\000' | sed "s/^/lw$T/"
echo end; exit
fi
if [ -d /run/systemd/journal ] && command -v journalctl >/dev/null 2>&1; then
echo "by$T"journal; j='journalctl -q --since -24h -o short --no-pager'
else
a=$(date '+%b %e'); i=$(date +%Y-%m-%d)
b=$(date -d yesterday '+%b %e' 2>/dev/null || date -v-1d '+%b %e' 2>/dev/null || date -d "@$(($(date +%s) - 86400))" '+%b %e' 2>/dev/null) || b=$a
l=$(date -d yesterday +%Y-%m-%d 2>/dev/null || date -v-1d +%Y-%m-%d 2>/dev/null || date -d "@$(($(date +%s) - 86400))" +%Y-%m-%d 2>/dev/null) || l=$i
f=$(for n in ${LOGS.join(" ")}; do [ -f ${folder}/$n ] && [ -r ${folder}/$n ] && echo ${folder}/$n; done)
[ -n "$f" ] || { echo "by$T"nothing; echo end; exit; }
printf 'by\\t%s\\n' "$(echo $f)"; j=days
days() { cat $f | awk -v a="$a" -v b="$b" -v i="$i" -v l="$l" 'index($0, a) == 1 || index($0, b) == 1 || index($0, i) == 1 || index($0, l) == 1'; }
fi
{ $j 2>/dev/null | cut -b1-1024 | tr -d '\\000' | tr '\\t' ' ' | awk '
$0 == "" { next }
{ n++; k = $1 ~ /^[0-9][0-9][0-9][0-9]-/ ? 2 : 4; s = $0
for (x = 0; x < k; x++) sub(/^[^ ]+ +/, "", s)
sub(/\\[[0-9]+\\]:/, ":", s); gsub(/0x[0-9a-fA-F]+/, "#", s); gsub(/[0-9a-fA-F]*[0-9][0-9a-fA-F]*[0-9][0-9a-fA-F]*/, "#", s); gsub(/[0-9]+/, "#", s); gsub(/#([.:-]#)+/, "#", s)
print substr(s, 1, 200) }
END { print "total\\t" n + 0 | "cat 1>&3" }' | sort | uniq -c | sort -rn | awk '
{ n++ } n <= ${MAX_KINDS} { c = $1; sub(/^ *[0-9]+ /, ""); print "kind\\t" c "\\t" $0 }
END { print "kinds\\t" n + 0 }'; } 3>&1
echo end
`;

/** A kind of message, and how often it came. */
export interface LogKind {
  readonly count: number;
  readonly text: string;
}

/** A section of logwatch. */
export interface LogSection {
  readonly title: string;
  readonly text: string;
}

/** What a host said. */
export interface LogSummary {
  readonly by: string | undefined;
  readonly lines: number;
  readonly kinds: number;
  readonly messages: readonly LogKind[];
  readonly sections: readonly LogSection[];
  readonly cut: boolean;
}

/** Reads what the script printed. */
export function readLogSummary(text: string): LogSummary {
  const rows = hostRows(text);
  const by = rows.one("by");
  return {
    by: by === "nothing" ? undefined : by,
    lines: countOf(rows.one("total")),
    kinds: countOf(rows.one("kinds")),
    messages: rows
      .of("kind")
      .map(([count, message = ""]) => ({ count: countOf(count), text: message })),
    sections: by === "logwatch" ? logwatchSections(text) : [],
    cut: rows.cut || rows.of("end").length === 0,
  };
}

const BEGIN = /^ ?-{2,40} (.{1,60}?) Begin -{2,40} ?$/;
const END = /^ ?-{2,40} (.{1,60}?) End -{2,40} ?$/;

/** logwatch's sections, between " --- NAME Begin --- " and " --- NAME End --- ". */
function logwatchSections(text: string): LogSection[] {
  const sections: LogSection[] = [];
  let title: string | undefined;
  let lines: string[] = [];
  for (const line of text.slice(0, MAX_HOST_TEXT).split("\n", MAX_LOGWATCH_LINES + 10)) {
    if (!line.startsWith("lw\t")) continue;
    const said = printable(line.slice(3).trimEnd(), 500);
    const [, begins] = BEGIN.exec(said) ?? [];
    if (begins !== undefined) {
      title = begins;
      lines = [];
    } else if (END.test(said) && title !== undefined) {
      sections.push({ title, text: lines.join("\n").trim() });
      title = undefined;
    } else if (title !== undefined) lines.push(said);
  }
  if (title !== undefined) sections.push({ title, text: lines.join("\n").trim() });
  return sections;
}

/** Words of a message that a person should see. */
const TROUBLE =
  /\b(?:error|fail(?:ed|ure)?|panic|fatal|segfault|oom|out of memory|killed process|corrupt(?:ed|ion)?|i\/o error|denied|refused|critical|emergency|read-only|degraded)\b/i;

/** Whether a message speaks of trouble. */
export const isTrouble = (text: string): boolean => TROUBLE.test(text.slice(0, 1000));
