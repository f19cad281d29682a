/**
 * fstab as a boot reads it: which entries a boot waits for, which of them cannot be mounted, and the file without them.
 * Sources: fstab(5), systemd.mount(5) ("nofail", "noauto"), systemd-fstab-generator(8).
 */
import { quoteWord } from "../../codec/shell-words.ts";

/** One entry of fstab. `line` counts from 1. */
export interface FstabEntry {
  readonly line: number;
  readonly text: string;
  readonly spec: string;
  readonly file: string;
  readonly type: string;
  readonly options: readonly string[];
  readonly pass: number;
}

/** What a host says of one entry. `unit`, `check`: ActiveState of systemd's mount unit and of its fsck. */
export interface EntryState {
  readonly line: number;
  readonly device: "present" | "missing" | "other";
  readonly mounted: boolean;
  readonly unit: string;
  readonly check: string;
}

/** An entry that stops the boot, and why. */
export interface BadEntry {
  readonly entry: FstabEntry;
  readonly why: string;
}

/** More is no fstab that a person wrote. */
export const MAX_FSTAB_LINES = 500;

/** Without these nothing boots: an entry for one of them is for a person to mend. */
const NEEDED: ReadonlySet<string> = new Set(["/", "/usr"]);

/** Octal escapes stand for blanks in names: fstab(5). */
const unescaped = (field: string): string =>
  field.replace(/\\([0-3][0-7]{2})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );

/** The entries of an fstab, comments and lines with too few fields left out. */
export function readFstab(text: string): FstabEntry[] {
  return text
    .split("\n")
    .slice(0, MAX_FSTAB_LINES)
    .flatMap((raw, index) => {
      const fields = raw.trim().split(/[ \t]+/);
      const [spec = "", file = "", type = "", options = "defaults", , pass = "0"] = fields;
      if (fields.length < 3 || spec.startsWith("#")) return [];
      return {
        line: index + 1,
        text: raw,
        spec: unescaped(spec.replace(/^([A-Z]+=)"([^"]*)"$/, "$1$2")),
        file: unescaped(file),
        type,
        options: options.split(","),
        pass: Number.parseInt(pass, 10) || 0,
      };
    });
}

/** A boot does not wait for these; one that is mounted when it is first used stops whoever uses it. */
const NOT_AWAITED = ["noauto", "nofail", "x-systemd.automount", "comment=systemd.automount"];

/** Whether a boot waits for it: root itself is mounted before fstab is read. */
const isAwaited = ({ file, type, options }: FstabEntry): boolean =>
  file !== "/" && type !== "swap" && !options.some((option) => NOT_AWAITED.includes(option));

/**
 * A script that tells the state of each entry, one line an entry: number, device, mounted, unit, check. It changes
 * nothing. systemd-escape and findfs are there where systemd and util-linux are.
 */
export function lookAtEntries(entries: readonly FstabEntry[]): string {
  const calls = entries
    .filter(isAwaited)
    .map(({ line, spec, file }) => `look ${line} ${quoteWord(spec)} ${quoteWord(file)}`);
  return `state() { s=$(systemctl show -p ActiveState --value -- "$1" 2>/dev/null) || s=; echo "\${s:-unknown}"; }
look() {
  d=other; n=
  case $2 in
    /dev/*) n=$2 ;;
    UUID=*|LABEL=*|PARTUUID=*|PARTLABEL=*) n=$(findfs "$2" 2>/dev/null) || n=/nonexistent ;;
  esac
  if [ -n "$n" ]; then d=missing; [ -b "$n" ] && d=present; fi
  m=no; mountpoint -q -- "$3" && m=yes
  u=$(state "$(systemd-escape -p --suffix=mount -- "$3" 2>/dev/null)")
  c=unknown; [ "$d" = present ] && c=$(state "$(systemd-escape -p --template=systemd-fsck@.service -- "$n" 2>/dev/null)")
  echo "$1 $d $m $u $c"
}
${calls.join("\n")}
true`;
}

/** Reads what that script printed; what is no such line is left out. */
export function readEntryStates(text: string): EntryState[] {
  return text.split("\n").flatMap((row) => {
    const match = /^(\d{1,4}) (present|missing|other) (yes|no) ([a-z-]+) ([a-z-]+)$/.exec(row);
    if (!match) return [];
    const [, line, device, mounted, unit = "", check = ""] = match;
    return {
      line: Number(line),
      device: device as EntryState["device"],
      mounted: mounted === "yes",
      unit,
      check,
    };
  });
}

/** Why a boot stops at it; undefined where it does not, or where its file system wants fsck, not another fstab. */
function whyBad({ device, mounted, unit, check }: EntryState): string | undefined {
  if (mounted) return undefined;
  if (device === "missing") return "its device is not there";
  if (unit === "failed" && check !== "failed") return "it cannot be mounted";
  return undefined;
}

/** Entries that stop the boot, and those of them that only a person may touch. */
export function badEntries(
  entries: readonly FstabEntry[],
  states: readonly EntryState[],
): { readonly bad: readonly BadEntry[]; readonly needed: readonly BadEntry[] } {
  const found = entries.filter(isAwaited).flatMap((entry) => {
    const state = states.find(({ line }) => line === entry.line);
    const why = state && whyBad(state);
    return why === undefined ? [] : { entry, why };
  });
  const isNeeded = ({ entry }: BadEntry) => NEEDED.has(entry.file);
  return { bad: found.filter((one) => !isNeeded(one)), needed: found.filter(isNeeded) };
}

/** The line that takes an entry's place: a comment, or the entry with "nofail". */
export function mendedLine({ text }: Pick<FstabEntry, "text">, how: "comment" | "nofail"): string {
  if (how === "comment") return `#oob# ${text}`;
  const parts =
    /^([ \t]*[^ \t\r]+[ \t]+[^ \t\r]+[ \t]+[^ \t\r]+)(?:([ \t]+)([^ \t\r]+)(.*))?$/.exec(text);
  if (!parts) return `#oob# ${text}`;
  const [, head = "", gap = " ", options = "defaults", rest = ""] = parts;
  return `${head}${gap}${options},nofail${rest}`;
}

/** The whole file with these entries mended; every other byte stays. As latin1, too: lines count, not words. */
export function mendFstab(
  text: string,
  bad: readonly BadEntry[],
  how: "comment" | "nofail",
): string {
  const lines = text.split("\n");
  for (const { entry } of bad)
    lines[entry.line - 1] = mendedLine({ text: lines[entry.line - 1] ?? "" }, how);
  return lines.join("\n");
}
