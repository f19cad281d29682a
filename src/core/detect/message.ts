/** A message in a row of output, without what loggers put before it. */
export interface Message {
  readonly text: string;
  /** The host's own clock, in seconds since its boot. */
  readonly stamp: number | undefined;
  /** Stands behind something that people and programs put before a quotation: "> ", "file:12:", four blanks. */
  readonly quoted: boolean;
  /** Had a syslog header: written by a log daemon, not by the kernel itself. */
  readonly logged: boolean;
  /** Of that header, up to the first dot, in lower case. */
  readonly host?: string;
}

/** A row holds no more messages than this; the rest is left alone. */
const MAX_MESSAGES = 6;

const CLOCK = String.raw`\d\d:\d\d:\d\d(?:[.,]\d{1,9})?`;
const ISO = String.raw`\d{4}[-/]\d\d[-/]\d\d[T ]${CLOCK}(?:Z| ?[+-]\d\d:?\d\d)?`;
const CTIME = String.raw`(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} [ \d]\d ${CLOCK}(?: [A-Z]{2,5})? \d{4}`;

/** What console servers and loggers put before each line: ConMan, conserver, ser2net, `ts`, screen logs. */
const SERVER_STAMP = new RegExp(
  `^(?:\\[(?:${ISO}|${CTIME}|${CLOCK})\\]|(?:${ISO}|${CTIME})):? |^${CLOCK} {1,2}(?=\\[ )`,
);
/** How such a stamp begins: most rows do not, and are left alone. */
const MAYBE_STAMP = /^(?:\[?(?:\d\d|[MTWFS][a-z]{2} ))/;
/** RFC 3164 and what rsyslog writes to a console or file: date, host, program. */
const SYSLOG = new RegExp(
  `^(?:[A-Z][a-z]{2} [ \\d]\\d ${CLOCK}|${ISO}) (?:(\\S{1,64}) )?([\\w./-]{1,40})(?:\\[\\d{1,10}\\])?: ?`,
);
/** Kernel level as printed raw: "<6>". */
const LEVEL = /^<\d{1,3}>/;
const LEVEL_AT_END = /<\d{1,3}>$/;
const LESS_THAN = 0x3c;
/** printk.time of Linux (with CONFIG_PRINTK_CALLER) and NetBSD: "[   12.345678][  T126] ". */
const KERNEL_STAMP = /\[ {0,7}\d{1,8}\.\d{3,9} ?\](?: ?\[ {0,7}[A-Z]?\d{1,7} ?\])?:? ?/y;
/** The bracket of such a stamp, blanks, and seconds. */
const MAX_STAMP_HEAD = 16;
const QUOTE_BEFORE =
  /^(?:\s*[>|+#"'`-]|\s{3,}|\t|\s*[\w./~-]{1,80}[:=-](?:\d{1,7}[:=-])?\s{0,2}$|\d{1,7}[:-]|.{0,400}(?:["'`]|\w:\s{0,2}$))/;
const QUOTED_TEXT = /^(?:\s{3,}|\t|\s*[>|"'`])/;

/** The row without the stamp of a console server and the kernel's level: where a prompt would begin. */
export function withoutServerStamp(text: string): string {
  const rest = MAYBE_STAMP.test(text) ? text.replace(SERVER_STAMP, "") : text;
  return withoutLevel(rest);
}

const withoutLevel = (text: string): string =>
  text.charCodeAt(0) === LESS_THAN ? text.replace(LEVEL, "") : text;

/** Reads the messages of a row. Kernel messages may stand anywhere in it: they break into prompts and other lines. */
export function messagesOf(row: string): Message[] {
  let text = withoutServerStamp(row);
  const header = SYSLOG.exec(text);
  if (header) text = withoutLevel(text.slice(header[0].length));
  const logged = header !== null;
  const byDaemon = logged && !/^(?:kernel|\/bsd|unix|genunix|vmunix)$/.test(header[2] ?? "");
  const host = header?.[1]?.replace(/\..*$/, "").toLowerCase();
  const first = stampFrom(text, 0);
  if (!first) {
    const message = plain(text, logged, byDaemon);
    return [host ? { ...message, host } : message];
  }
  const before = text.slice(0, first.at).replace(LEVEL_AT_END, "");
  const quoted = byDaemon || (before !== "" && QUOTE_BEFORE.test(before));
  const found: Message[] | undefined =
    before.trim() === "" ? undefined : [plain(before, logged, byDaemon)];
  return stamped(text, first, { quoted, logged, host }, found);
}

/** The messages behind stamps, from the first one on. A row mostly has one: an array that grows takes room for 17. */
function stamped(
  text: string,
  first: Stamp,
  { quoted, logged, host }: Pick<Message, "quoted" | "logged"> & { host: string | undefined },
  before: Message[] | undefined,
): Message[] {
  let messages = before;
  let stamp: Stamp | undefined = first;
  for (let left = MAX_MESSAGES; stamp; left--) {
    const next: Stamp | undefined = left > 1 ? stampFrom(text, stamp.end) : undefined;
    const body = withoutLevel(text.slice(stamp.end, next?.at));
    const plainly = { text: body, stamp: stamp.seconds, quoted, logged };
    const message: Message = host ? { ...plainly, host } : plainly;
    if (messages) messages.push(message);
    else messages = [message];
    stamp = next;
  }
  return messages ?? [];
}

/** Where a kernel's stamp stands, and its seconds. */
interface Stamp {
  readonly at: number;
  readonly end: number;
  readonly seconds: number;
}

/** The next stamp. test() instead of exec(): what that makes was most of a busy daemon's garbage. */
function stampFrom(text: string, from: number): Stamp | undefined {
  for (let at = text.indexOf("[", from); at >= 0; at = text.indexOf("[", at + 1)) {
    KERNEL_STAMP.lastIndex = at;
    if (!KERNEL_STAMP.test(text)) continue;
    const seconds = Number.parseInt(text.slice(at + 1, at + MAX_STAMP_HEAD), 10);
    return { at, end: KERNEL_STAMP.lastIndex, seconds };
  }
  return undefined;
}

function plain(text: string, logged: boolean, byDaemon: boolean): Message {
  const quoted = byDaemon || QUOTED_TEXT.test(text);
  return { text: text.replace(/^ {1,2}(?=\S)/, ""), stamp: undefined, quoted, logged };
}
