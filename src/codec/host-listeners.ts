/**
 * What listens on a host, however it can be asked: ss, sockstat, netstat, or the kernel's own tables where a host has no
 * such program. One listener is one protocol, address, port and program.
 */
import { printable } from "../lib/printable.ts";
import { hostRows, MAX_HOST_TEXT } from "./host-rows.ts";
import { SCRIPT_HEAD } from "./jail-list.ts";

/** Most lines that a host sends. */
const MAX_LINES = 4000;

/** The first way that answers. In /proc/net a listener's state is 0A, an unconnected UDP socket's 07. */
export const listenersScript = (proc = "/proc"): string => `${SCRIPT_HEAD}
say() { echo "by$T$1"; sed "s/^/line$T/" | head -n ${MAX_LINES}; echo end; exit; }
o=$(ss -Hltnup 2>/dev/null) && printf '%s\\n' "$o" | say ss && exit
o=$(sockstat -46l 2>/dev/null) && printf '%s\\n' "$o" | say sockstat && exit
if [ -r ${proc}/net/tcp ]; then
s=$(ls -l ${proc}/[0-9]*/fd /dev/null 2>/dev/null | awk -v r=${proc}/ 'index($0, r) == 1 { split(substr($0, length(r) + 1), d, "/") } $NF ~ /^socket:/ { print $NF, d[1] }')
for f in tcp tcp6 udp udp6; do
awk -v f=$f '$4 == (f ~ /^tcp/ ? "0A" : "07") { print f, $2, $10 }' ${proc}/net/$f 2>/dev/null
done | while read -r f a i; do
p=$(printf '%s\\n' "$s" | sed -n "s/^socket:.$i. //p" | head -n 1)
c=$([ -n "$p" ] && tr -d '\\n\\t' <${proc}/$p/comm)
printf '%s %s %s %s\\n' "$f" "$a" "\${p:-0}" "$c"
done | say proc
exit
fi
o=$(netstat -an 2>/dev/null) && printf '%s\\n' "$o" | grep -E '^(tcp|udp)' | say netstat && exit
echo "by$T"nothing
`;

/** Something that listens. */
export interface Listener {
  readonly protocol: "tcp" | "udp";
  readonly address: string;
  readonly port: number;
  /** "" where the host does not say. */
  readonly program: string;
}

/** What a host said. */
export interface Listeners {
  readonly by: string | undefined;
  readonly listeners: readonly Listener[];
  /** Lines that could not be read. */
  readonly unread: number;
  readonly cut: boolean;
}

const READERS: Readonly<Record<string, (line: string) => Listener | "none" | undefined>> = {
  ss: readSs,
  sockstat: readSockstat,
  netstat: readNetstat,
  proc: readProc,
};

/** Reads what the script printed. */
export function readListeners(text: string): Listeners {
  const rows = hostRows(text.slice(0, MAX_HOST_TEXT));
  const by = rows.one("by");
  const read = by === undefined ? undefined : READERS[by];
  const found = new Map<string, Listener>();
  let unread = 0;
  const lines = rows.of("line").map((fields) => fields.join(" "));
  for (const line of lines) {
    const listener = line.trim() === "" ? "none" : read?.(line);
    if (listener === undefined) unread++;
    else if (listener !== "none") found.set(listenerKey(listener), listener);
  }
  return {
    by: read === undefined ? undefined : by,
    listeners: [...found.values()].sort((a, b) => (listenerKey(a) < listenerKey(b) ? -1 : 1)),
    unread,
    cut: rows.cut || rows.of("end").length === 0 || lines.length >= MAX_LINES,
  };
}

/** "tcp/0.0.0.0:22 sshd" */
export const listenerKey = ({ protocol, address, port, program }: Listener): string =>
  `${protocol}/${address}:${port}${program === "" ? "" : ` ${program}`}`;

/** Whether nobody but the host itself can reach it. */
export const isLoopback = ({ address }: Listener): boolean =>
  /^(?:127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1|\[?::ffff:127\.\d{1,3}\.\d{1,3}\.\d{1,3})$/i.test(
    address.replace(/^\[|\]$/g, "").replace(/%.*$/, ""),
  );

function listener(
  protocol: string,
  local: string,
  program: string | undefined,
): Listener | undefined {
  const [, address, digits] = /^(.{1,80})[.:](\d{1,5})$/.exec(local) ?? [];
  const kind = /^(tcp|udp)/.exec(protocol)?.[1];
  const port = Number(digits);
  if (address === undefined || kind === undefined || port < 1 || port > 65_535) return undefined;
  return {
    protocol: kind === "tcp" ? "tcp" : "udp",
    address: address.replace(/^\[|\]$/g, ""),
    port,
    program: printable(program ?? "", 64),
  };
}

/** `tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=1,fd=3))`; older ones print their header all the same. */
function readSs(line: string): Listener | "none" | undefined {
  if (/^(?:Netid|State)\b/.test(line)) return "none";
  const words = line.split(/\s+/, 6);
  const program = /users:\(\("(.{1,64}?)",pid=/.exec(line)?.[1];
  return listener(words[0] ?? "", words[4] ?? "", program);
}

/** `root sshd 812 3 tcp4 *:22 *:*` (FreeBSD sockstat(1)). */
function readSockstat(line: string): Listener | "none" | undefined {
  if (line.startsWith("USER ")) return "none";
  const words = line.trim().split(/\s+/);
  const at = words.findIndex((word, i) => i >= 3 && /^(?:tcp|udp)(?:4|6|46)?$/.test(word));
  if (at < 0) return undefined;
  if (words[at + 1]?.endsWith(":*")) return "none";
  return listener(words[at] ?? "", words[at + 1] ?? "", words.slice(1, at - 2).join(" "));
}

/** `tcp 0 0 *.22 *.* LISTEN` of the BSDs, `tcp 0 0 0.0.0.0:22 0.0.0.0:* LISTEN` of Linux. */
function readNetstat(line: string): Listener | "none" | undefined {
  const [protocol = "", , , local = "", foreign = "", state = ""] = line.trim().split(/\s+/);
  const waits = protocol.startsWith("tcp") ? state === "LISTEN" : /[.:]\*$/.test(foreign);
  if (!waits || /[.:]\*$/.test(local)) return "none";
  return listener(protocol, local, "");
}

/** `tcp 0100007F:0016 812 sshd`: addresses are words in the order of the host's bytes. */
function readProc(line: string): Listener | "none" | undefined {
  const [, protocol = "", hex = "", port = "", program = ""] =
    /^((?:tcp|udp)6?) ((?:[0-9A-F]{8}){1,4}):([0-9A-F]{4}) \d{1,10} ?(.{0,64})/.exec(line) ?? [];
  const address = hexAddress(hex);
  if (address === undefined) return undefined;
  return listener(protocol, `${address}:${Number.parseInt(port, 16)}`, program);
}

/** As a little-endian host writes it, which nearly every one is. */
function hexAddress(hex: string): string | undefined {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) => (word.match(/../g) ?? []).reverse());
  if (bytes.length === 4) return bytes.map((byte) => Number.parseInt(byte, 16)).join(".");
  if (bytes.length !== 16) return undefined;
  const groups = bytes.join("").toLowerCase().match(/.{4}/g) ?? [];
  if (groups.every((group) => group === "0000")) return "::";
  if (groups.slice(0, 7).every((group) => group === "0000") && groups[7] === "0001") return "::1";
  return groups.map((group) => group.replace(/^0{1,3}/, "")).join(":");
}

/** One entry of an allow-list: protocol, ports, address and program where they matter. */
export interface Allowed {
  readonly protocol: "tcp" | "udp";
  readonly from: number;
  readonly to: number;
  readonly address: string | undefined;
  readonly program: string | undefined;
}

/** Reads "tcp/22", "tcp/10.0.0.5:22", "udp/32768-60999=chronyd"; undefined where it is none. */
export function readAllowed(entry: string): Allowed | undefined {
  const [, protocol, address, first, last, program] =
    /^(tcp|udp)\/(?:([0-9A-Fa-f.:*%a-z[\]]{1,80}):)?(\d{1,5})(?:-(\d{1,5}))?(?:=(\S{1,64}))?$/.exec(
      entry.trim(),
    ) ?? [];
  const [from, to] = [Number(first), Number(last ?? first)];
  if (protocol === undefined || from < 1 || to > 65_535 || from > to) return undefined;
  return {
    protocol: protocol === "tcp" ? "tcp" : "udp",
    from,
    to,
    address: address?.replace(/^\[|\]$/g, ""),
    program,
  };
}

/** Whether an entry covers a listener. An entry that names a program covers none whose program is not known. */
export const covers = (allowed: Allowed, { protocol, address, port, program }: Listener): boolean =>
  allowed.protocol === protocol &&
  port >= allowed.from &&
  port <= allowed.to &&
  (allowed.address === undefined || allowed.address === address) &&
  (allowed.program === undefined || allowed.program === program);
