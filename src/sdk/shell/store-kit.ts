import { utf8 } from "../../lib/bytes.ts";
import { type HostTools, proofOf } from "./host-tools.ts";
import { pieceOf, withoutChatter } from "./piece-command.ts";

/** Up to so many bytes of output are shown as they are; more goes packed. */
export const SHOWN_BYTES = 1000;
/** Statuses of the kit: the command came damaged; nothing can be stored. */
export const KIT_DAMAGED = 99;
export const KIT_FULL = 97;
/** Stands for a command that lies in a file. */
const IN_FILE = "@";

/**
 * The script that a host gets into a folder of ours, to run commands once and to show what they printed. $1 says what
 * to do, $2 is the number of the command.
 *
 *   r N DIGEST COMMAND  runs the command (base64) unless it was run before; says how it ended and what it printed
 *   p FILE SIZE INDEX   prints a piece of a file
 *   d N                 takes away what belongs to a command
 *
 * While it prints, the kernel keeps quiet on the console (Linux: level 1, emergencies alone), until the last byte is
 * out. The level from before lies in the file q as long as another one is in force: whoever finds that file, this very
 * script at its end (killed or not) or the next run, puts it back. It dies with the kernel whose level it is.
 */
export function storeKit(tools: HostTools, gzip: boolean): string {
  const { proof, decode = "cat", encode, sha256 = proof } = tools;
  // Where there is no room for the packed one, too, it goes as it is.
  const pack = gzip
    ? "z=$f.z;[ -e $z ]||{ gzip -c <$f >$z.t&&mv $z.t $z;}||{ rm -f $z.t;z=$f;}"
    : ":";
  return `d=\${0%/*};f=$d/$2;l=/proc/sys/kernel/printk
low(){
exec 3>&1
[ -s $d/q ]||{ read q y <$l&&[ $q -gt 1 ]&&echo $q >$d/q&&echo 1 >$l;}
trap '[ ! -s $d/q ]||{ stty "$(stty -g <&3)" <&3;cat $d/q >$l;rm -f $d/q;} 2>/dev/null' 0
trap 'exit 1' 1 2 13 15
} 2>/dev/null
x="dd if=$f bs=$3 skip=$4 count=1"
case $1 in
v)echo "kit $d";;
r)[ -e $f ]||{
case " $(printf %s "$2 $4"|${proof}) " in *" $3 "*);;*)exit ${KIT_DAMAGED};;esac
: >$f||exit ${KIT_FULL}
if [ $4 = ${IN_FILE} ];then sh $f.c >$f 2>&1
else c=$(echo $4|${decode});printf '+ %s\\n' "$c";sh -c "$c" >$f 2>&1;fi
echo $? >$f.s;}
low
n=$(($(wc -c <$f)));z=$f
if [ $n -le ${SHOWN_BYTES} ];then cat $f;else ${pack};fi
r="$(cat $f.s 2>/dev/null) $n $(($(wc -c <$z))) $(${sha256} <$f)"
echo;echo "=$r =$(printf %s "$r"|${proof})";;
p)low;$x 2>/dev/null|${encode};echo "=$2 $3 $4 $($x 2>/dev/null|${proof})";;
d)rm -f $f $f.*;;
esac
`;
}

/** What is typed for a command: no word of it has a meaning for any shell, however damaged. */
export const kitRun = (folder: string, number: number, text: string, tools: HostTools): string =>
  runLine(folder, number, Buffer.from(utf8(text)).toString("base64"), tools);

/** The same for a script that was put into its file before. */
export const kitRunFile = (folder: string, number: number, tools: HostTools): string =>
  runLine(folder, number, IN_FILE, tools);

function runLine(folder: string, number: number, word: string, tools: HostTools): string {
  // The first word alone: cksum says the length behind a blank.
  const [digest = ""] = proofOf(tools.proof, utf8(`${number} ${word}`)).split(" ");
  return `sh ${folder}/k r ${number} ${digest} ${word}`;
}

/** How a command ended. `status` undefined: it never came to its end. */
export interface KitReport {
  readonly status: number | undefined;
  readonly bytes: number;
  readonly packedBytes: number;
  /** What the digest tool printed of the output. */
  readonly digest: string;
  /** What was printed before the report, where the output is short enough to be shown. */
  readonly shown: readonly string[];
}

/** Reads what `r` printed. Undefined: it came damaged. */
export function kitReport(output: string, tools: HostTools): KitReport | undefined {
  for (const text of [output, withoutChatter(output)]) {
    const at = text.lastIndexOf("\n=");
    const [, line = "", proof = ""] = /^\n=([^\n]{1,200}) =([^\n]*)/.exec(text.slice(at)) ?? [];
    if (at < 0 || !proof.includes(proofOf(tools.proof, utf8(line)))) continue;
    const [, status = "", bytes, packed, digest = ""] =
      /^(\d{0,3}) (\d+) (\d+) (.*)$/.exec(line) ?? [];
    if (bytes === undefined) continue;
    const before = text.slice(0, at);
    return {
      status: status === "" ? undefined : Number(status),
      bytes: Number(bytes),
      packedBytes: Number(packed),
      digest,
      // With and without the line that says what is run, and without what a kernel said in between: its last line ends
      // where the report begins.
      shown: [before, withoutChatter(`${before}\n`).slice(0, -1)].flatMap((one) => [
        one,
        one.replace(/^\+ [^\n]*\n/, ""),
      ]),
    };
  }
  return undefined;
}

/** The output where it was shown and came whole. */
export function shownBytes(report: KitReport, tools: HostTools): Uint8Array | undefined {
  for (const text of report.shown) {
    const bytes = Uint8Array.from(Buffer.from(text, "latin1"));
    if (isWhole(report, bytes, tools)) return bytes;
  }
  return undefined;
}

/** Whether these bytes are what the host has. */
export function isWhole(report: KitReport, bytes: Uint8Array, tools: HostTools): boolean {
  const proof = proofOf(tools.sha256 ?? tools.proof, bytes);
  return bytes.length === report.bytes && report.digest.includes(proof);
}

/** The piece that was asked for, or undefined where another one came, or a damaged one. */
export function kitPiece(output: string, asked: string, tools: HostTools): Uint8Array | undefined {
  for (const text of [output, withoutChatter(output)])
    if (text.slice(text.lastIndexOf("\n=")).startsWith(`\n=${asked} `)) return pieceOf(text, tools);
  return undefined;
}
