/**
 * What is done on a host to change files that are immutable or append-only, as shell scripts: Linux, the BSDs.
 *
 *   open    what lies on read-only file systems becomes writable
 *   begin   path, flags, digest and a copy of each file into the journal, on disk before any flag is taken off
 *   unflag  the protecting flags of these files, no others
 *   apply   the new content, into the same inode
 *   seal    digests as they are to stay, into the journal: from here on a killed run is finished, before it is undone
 *   close   flags as they were, read back, digests read back; the journal goes
 *   undo    content and flags as they were, or what was sealed finished; the journal stays where that cannot be proven
 *   shut    file systems read-only again
 *
 * The journal is on the host: whatever becomes of us, the next run finds it.
 * Sources: chattr(1), lsattr(1); FreeBSD chflags(1), security(7) (securelevel); OpenBSD chflags(1), securelevel(7).
 */
import { quoteWord } from "../../codec/shell-words.ts";

/** Where the journal is. Root's alone: there are copies of the files in it. */
export const FLAG_JOURNAL = "/etc/.oob-file-flags";

/** Flags without which a file can be written to. The BSDs': those of the owner, then those of the system. */
const PROTECTING = "uchg uappnd uunlnk schg sappnd sunlnk";

const HEAD = `umask 077; LC_ALL=C; export LC_ALL; J=${FLAG_JOURNAL}
case $(uname -s) in
  Linux)
    flags() { lsattr -d "$1" 2>/dev/null | { read -r f rest && echo "$f"; }; }
    off() { case $2 in *i*) chattr -i "$1" || return 1 ;; esac; case $2 in *a*) chattr -a "$1" || return 1 ;; esac; }
    on() { case $2 in *a*) chattr +a "$1" || return 1 ;; esac; case $2 in *i*) chattr +i "$1" || return 1 ;; esac; }
    is_free() { case $(flags "$1") in ''|*[ia]*) return 1 ;; esac; }
    # The flags of chattr(1) that take no protection away.
    even() {
      now=$(flags "$1")
      for f in A c C d D F j m P s S t T u x; do
        case $now in *$f*) h=+ ;; *) h=- ;; esac
        case $2 in *$f*) w=+ ;; *) w=- ;; esac
        [ $h = $w ] || chattr "$w$f" "$1"
      done
    }
    remount() { mount -o "remount,$1" "$2"; } ;;
  *BSD|DragonFly)
    # Archive flags come and go with every write.
    flags() { stat -f %Sf "$1" | sed -e 's/.*/,&,/' -e 's/,u\\{0,1\\}arch,/,/' -e 's/^,//' -e 's/,$//' -e 's/^$/-/'; }
    has() { case ",$1," in *,$2,*) return 0 ;; esac; return 1; }
    off() { for f in ${PROTECTING}; do if has "$2" "$f"; then chflags "no$f" "$1" || return 1; fi; done; }
    on() { for f in ${PROTECTING}; do if has "$2" "$f"; then chflags "$f" "$1" || return 1; fi; done; }
    is_free() { l=$(flags "$1") && [ -n "$l" ] && for f in ${PROTECTING}; do if has "$l" "$f"; then return 1; fi; done; }
    even() {
      now=$(flags "$1")
      for f in $(echo "$now" | tr , ' '); do
        if has "$2" "$f" || has "$f" -; then continue; fi
        case $f in nodump) chflags dump "$1" ;; *) chflags "no$f" "$1" ;; esac
      done
      for f in $(echo "$2" | tr , ' '); do
        if has "$now" "$f" || has "$f" - || has "${PROTECTING.replaceAll(" ", ",")}" "$f"; then continue; fi
        chflags "$f" "$1"
      done
    }
    remount() { mount -u -o "$1" "$2"; } ;;
  *) echo "no flags are known on $(uname -s)"; exit 50 ;;
esac
if command -v sha256sum >/dev/null 2>&1; then sum() { sha256sum <"$1" | cut -c 1-64; }
elif command -v sha256 >/dev/null 2>&1; then sum() { sha256 -q "$1"; }
elif command -v openssl >/dev/null 2>&1; then sum() { openssl dgst -sha256 -r <"$1" | cut -c 1-64; }
else echo "no program for SHA-256 is there"; exit 51; fi
is_sum() { case $1 in *[!0-9a-f]*) return 1 ;; esac; [ \${#1} = 64 ]; }
no() { echo "$1"; exit "$2"; }
# A journal that is being removed is none any more: half of one would be taken for the whole.
drop() { rm -rf "$J.old"; mv "$J" "$J.old" && sync && rm -rf "$J.old" && sync; }
`;

const each = (files: readonly string[], call: string): string =>
  files.map((file, index) => `${call} ${index + 1} ${quoteWord(file)}`).join("\n");

/** Flags, digest, size of each file: `file N FLAGS DIGEST SIZE`; then `single yes` where the flags cannot be taken off now. */
export const lookAtFlags = (files: readonly string[]): string => `${HEAD}
single=no
case $(uname -s) in
  Linux)
    # CAP_LINUX_IMMUTABLE is capability 9.
    caps=$(sed -n 's/^CapBnd:[[:space:]]*\\([0-9a-f]*\\)$/\\1/p' /proc/self/status)
    case $caps in *[2367abef]??) ;; ?*) single=yes ;; esac ;;
  *) level=$(sysctl -n kern.securelevel 2>/dev/null) || level=1 ;;
esac
look() {
  [ -f "$2" ] && [ ! -L "$2" ] || no "$2 is no plain file" 52
  l=$(flags "$2") && [ -n "$l" ] || no "the flags of $2 cannot be read" 53
  s=$(sum "$2") && is_sum "$s" || no "$2 cannot be read" 54
  case $l in *schg*|*sappnd*|*sunlnk*) [ "\${level:-0}" -lt 1 ] || single=yes ;; esac
  echo "file $1 $l $s $(wc -c <"$2" | tr -d ' ')"
}
${each(files, "look")}
echo "single $single"`;

/** Makes what these files lie on writable; `ro MOUNTPOINT` for each file system that was not. */
export const openScript = (files: readonly string[]): string => `${HEAD}
case $(uname -s) in *BSD|DragonFly) late=yes ;; *) late=no ;; esac
place() { df -P "$1" | sed -n '$s/.*% //p'; }
can() { (: >"$1/.oob-$$") 2>/dev/null && rm -f "$1/.oob-$$"; }
made=
make() { can "$1" && return 0; remount rw "$1" && can "$1" || give "$1 cannot be made writable" 55; echo "ro $1"; made="$made$1
"; }
# Whoever stops here is not asked to shut what was opened.
give() { printf %s "$made" | while IFS= read -r m; do remount ro "$m" >/dev/null 2>&1 </dev/null; done; no "$1" "$2"; }
make /
open() {
  if [ ! -e "$2" ] && [ $late = yes ]; then late=no; fsck -p >/dev/null && mount -a -t nonfs; fi
  [ -e "$2" ] || give "$2 is not there" 52
  m=$(place "$2"); [ -n "$m" ] || give "the file system of $2 is not known" 56
  make "$m"
}
${each(files, "open")}`;

/** What was made writable is read-only again. */
export const shutScript = (places: readonly string[]): string => `${HEAD}
sync
${places.map((place) => `remount ro ${quoteWord(place)} || no ${quoteWord(`${place} stays writable`)} 57`).join("\n")}
true`;

/** Writes the journal. */
export const beginScript = (files: readonly string[]): string => `${HEAD}
[ ! -e "$J" ] || no "a journal is there" 40
rm -rf "$J.new"; mkdir "$J.new" || no "the journal cannot be made" 58
keep() {
  d=$J.new/$1
  [ -f "$2" ] && [ ! -L "$2" ] && mkdir "$d" && printf '%s\\n' "$2" >"$d/path" && flags "$2" >"$d/flags" && sum "$2" >"$d/sum" &&
    cp -p "$2" "$d/copy" && is_sum "$(cat "$d/sum")" && [ "$(sum "$d/copy")" = "$(cat "$d/sum")" ] && [ -s "$d/flags" ] ||
    { rm -rf "$J.new"; no "$2 cannot be kept: it is written to, or the disk is full" 59; }
}
${each(files, "keep")}
sync && mv "$J.new" "$J" && sync || { rm -rf "$J.new"; no "the journal cannot be written" 58; }`;

/** Takes the protecting flags off these files. */
export const UNFLAG_SCRIPT = `${HEAD}
for d in "$J"/[0-9]*; do
  p=$(cat "$d/path"); off "$p" "$(cat "$d/flags")" && is_free "$p" || no "$p keeps its flags" 60
done`;

/** Where new content of a file is put before it is applied. */
export const newContentPath = (index: number): string => `${FLAG_JOURNAL}/${index + 1}/new`;

/** New content goes into the same inode: owner, mode, links and whoever has it open stay. */
export const APPLY_SCRIPT = `${HEAD}
for d in "$J"/[0-9]*; do
  p=$(cat "$d/path"); [ -f "$d/new" ] || continue
  cat "$d/new" >"$p" && [ "$(sum "$p")" = "$(sum "$d/new")" ] || no "$p cannot be written" 61
done
sync`;

/** The digests that are to stay: `file N FLAGS DIGEST SIZE` as it is now. */
export const SEAL_SCRIPT = `${HEAD}
for d in "$J"/[0-9]*; do
  p=$(cat "$d/path"); [ -f "$p" ] && [ ! -L "$p" ] && sum "$p" >"$d/after" && is_sum "$(cat "$d/after")" || no "$p cannot be read" 54
done
sync; echo sealed >"$J/state" && sync`;

/** Flags as they were; nothing is called done that was not read back. `file N FLAGS DIGEST SIZE` of each. */
export const CLOSE_SCRIPT = `${HEAD}
for d in "$J"/[0-9]*; do
  p=$(cat "$d/path"); l=$(cat "$d/flags")
  on "$p" "$l" && [ "$(flags "$p")" = "$l" ] || no "$p does not have its flags again" 62
  [ "$(sum "$p")" = "$(cat "$d/after")" ] || no "$p was changed meanwhile" 63
  echo "file \${d##*/} $l $(cat "$d/after") $(wc -c <"$p" | tr -d ' ')"
done
drop`;

/** Finishes or undoes what the journal tells; says which, and the state of each file. Without a journal it does nothing. */
export const UNDO_SCRIPT = `${HEAD}
rm -rf "$J.new" "$J.old"
[ -d "$J" ] || { echo none; exit 0; }
sealed=no; [ "$(cat "$J/state" 2>/dev/null)" = sealed ] && sealed=yes
for d in "$J"/[0-9]*; do
  if [ $sealed = yes ] && [ "$(sum "$(cat "$d/path")")" != "$(cat "$d/after")" ]; then sealed=no; fi
done
bad=
# What took the file's place, a link perhaps, is not written through.
put() {
  if [ -f "$p" ] && [ ! -L "$p" ]; then cat "$d/copy" >"$p"; return; fi
  [ -d "$p" ] && [ ! -L "$p" ] || { rm -f "$p" && cp -p "$d/copy" "$p"; }
}
for d in "$J"/[0-9]*; do
  p=$(cat "$d/path"); l=$(cat "$d/flags"); want=$(cat "$d/sum")
  [ $sealed = yes ] && want=$(cat "$d/after")
  if [ "$(sum "$p")" != "$want" ] || [ "$(flags "$p")" != "$l" ]; then off "$p" "$(flags "$p")"; fi
  if [ "$(sum "$p")" != "$want" ] && [ "$(sum "$d/copy")" = "$want" ]; then put; fi
  [ "$(flags "$p")" = "$l" ] || even "$p" "$l"
  on "$p" "$l"
  if [ ! -L "$p" ] && [ "$(sum "$p")" = "$want" ] && [ "$(flags "$p")" = "$l" ]; then
    echo "file \${d##*/} $l $want $(wc -c <"$p" | tr -d ' ')"
  else bad="$bad $p"; fi
done
sync
[ -z "$bad" ] || no "not as before:$bad" 64
drop || no "the journal cannot be removed" 65
if [ $sealed = yes ]; then echo finished; else echo undone; fi`;

/** One file as a script showed it. */
export interface FlaggedFile {
  readonly index: number;
  readonly flags: string;
  readonly digest: string;
  readonly size: number;
}

/** Reads the `file` lines; what is none is left out. */
export function readFlaggedFiles(text: string): FlaggedFile[] {
  return text.split("\n").flatMap((line) => {
    const match = /^file (\d{1,4}) ([\w,-]{1,120}) ([0-9a-f]{64}) (\d{1,15})$/.exec(line);
    if (!match) return [];
    const [, index, flags = "", digest = "", size] = match;
    return { index: Number(index) - 1, flags, digest, size: Number(size) };
  });
}
