/**
 * sshd's lines about who got in and who did not (OpenSSH auth.c, auth2.c, packet.c), as they stand in auth.log, in a journal
 * and on a console. A user name is the attacker's text: the address counts that stands at the line's end, where sshd itself
 * writes it.
 */
import { printable } from "../lib/printable.ts";
import { MAX_HOST_TEXT } from "./host-rows.ts";
import { type Network, networkText, readNetwork } from "./ip-networks.ts";
import { SCRIPT_HEAD } from "./jail-list.ts";

/** Most lines that are counted, longest line that is looked at. */
export const MAX_AUTH_LINES = 20_000;
const MAX_LINE = 600;

/** sshd's lines since `seconds` ago, from the journal, else of today and yesterday from its log. */
export const authLinesScript = (seconds: number, folder = "/var/log"): string => `${SCRIPT_HEAD}
p='sshd(-session|-auth)?\\[[0-9]+\\]: .*(from|user|Accepted) '
if [ -d /run/systemd/journal ] && command -v journalctl >/dev/null 2>&1; then
echo "by journal"; journalctl -q --since "-${Math.ceil(seconds)}s" -t sshd -t sshd-session -t sshd-auth -o short --no-pager 2>/dev/null | grep -aE "$p" | cut -b1-${MAX_LINE} | tail -n ${MAX_AUTH_LINES}
else
a=$(date '+%b %e'); i=$(date +%Y-%m-%d); f=
for n in auth.log authlog secure messages; do [ -r ${folder}/$n ] && { f=${folder}/$n; break; }; done
[ -n "$f" ] || { echo "by nothing"; exit; }
echo "by log"; grep -aE "^($a|$i).*$p" "$f" | cut -b1-${MAX_LINE} | tail -n ${MAX_AUTH_LINES}
fi
echo end
`;

/** One attempt. */
export interface AuthLine {
  readonly is: "failed" | "accepted";
  readonly from: Network;
}

/** sshd writes these words itself; whatever a client sends stands between them. */
const FAILED: readonly RegExp[] = [
  /: Failed (?:password|publickey|none|keyboard-interactive\/pam|\S{1,40}) for (?:invalid user )?.{0,256} from (\S{2,45}) port \d{1,5}(?: ssh2)?(?:: .{0,100})?$/,
  /: Invalid user .{0,256} from (\S{2,45})(?: port \d{1,5})?$/,
  /: (?:error: )?maximum authentication attempts exceeded for (?:invalid user )?.{0,256} from (\S{2,45}) port \d{1,5} ssh2(?: \[preauth\])?$/,
  /: Unable to negotiate with (\S{2,45}) port \d{1,5}: .{0,200}$/,
];
const ACCEPTED =
  /: Accepted \S{1,40} for .{1,256} from (\S{2,45}) port \d{1,5} ssh2(?:: .{0,200})?$/;
const SSHD = /(?:^|\s)sshd(?:-session|-auth)?\[\d{1,10}\]: /;

/** What a line says; undefined where it is none of sshd's about an attempt. */
export function readAuthLine(line: string): AuthLine | undefined {
  const text = line.slice(0, MAX_LINE).trimEnd();
  const begin = SSHD.exec(text);
  if (begin === null) return undefined;
  // From the colon on: what stood before it is the logger's.
  const said = text.slice(begin.index + begin[0].length - 2);
  for (const pattern of FAILED) {
    const from = readNetwork(pattern.exec(said)?.[1] ?? "");
    if (from) return { is: "failed", from };
  }
  const from = readNetwork(ACCEPTED.exec(said)?.[1] ?? "");
  return from && { is: "accepted", from };
}

/** How often an address failed, and whether it got in. */
export interface AuthCount {
  readonly from: Network;
  readonly failed: number;
  readonly accepted: number;
}

/** Most addresses that are counted one by one; those that come later count for nothing. */
export const MAX_ADDRESSES = 20_000;

/** Counts attempts by address, the most failures first. "Invalid user" comes in pairs with "Failed": one attempt. */
export function countAttempts(lines: readonly string[]): readonly AuthCount[] {
  const counts = new Map<
    string,
    { from: Network; failed: number; invalid: number; accepted: number }
  >();
  for (const line of lines.slice(-MAX_AUTH_LINES)) {
    const read = readAuthLine(line);
    if (!read) continue;
    const key = networkText(read.from);
    let count = counts.get(key);
    if (!count) {
      if (counts.size >= MAX_ADDRESSES) continue;
      count = { from: read.from, failed: 0, invalid: 0, accepted: 0 };
      counts.set(key, count);
    }
    if (read.is === "accepted") count.accepted++;
    else if (/\]: Invalid user /.test(line)) count.invalid++;
    else count.failed++;
  }
  return [...counts.values()]
    .map(({ from, failed, invalid, accepted }) => ({
      from,
      failed: Math.max(failed, invalid),
      accepted,
    }))
    .sort((a, b) => b.failed - a.failed);
}

/** Lines that a host sent, without those that the script added; undefined where it has no log that we know. */
export function readAuthText(
  text: string,
): { readonly by: string; readonly lines: readonly string[]; readonly cut: boolean } | undefined {
  const lines = text.slice(0, MAX_HOST_TEXT).split("\n");
  const by = printable(/^by (.{1,20})$/.exec(lines[0] ?? "")?.[1] ?? "nothing");
  if (by === "nothing") return undefined;
  const end = lines.lastIndexOf("end");
  return { by, lines: lines.slice(1, end < 0 ? undefined : end), cut: end < 0 };
}
