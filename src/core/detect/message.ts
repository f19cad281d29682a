/** A message in a row of output, without what loggers put before it. */
export interface Message {
  readonly text: string;
  /** The host's own clock, in seconds since its boot. */
  readonly stamp: number | undefined;
  /** Stands behind something that people and programs put before a quotation: "> ", "file:12:", four blanks. */
  readonly quoted: boolean;
  /** Had a syslog header: written by a log daemon, not by the kernel itself. */
  readonly logged: boolean;
}

/** A row holds no more messages than this; the rest is left alone. */
const MAX_MESSAGES = 6;

const CLOCK = String.raw`\d\d:\d\d:\d\d(?:[.,]\d{1,9})?`;
const ISO = String.raw`\d{4}[-/]\d\d[-/]\d\d[T ]${CLOCK}(?:Z| ?[+-]\d\d:?\d\d)?`;
const CTIME = String.raw`(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} [ \d]\d ${CLOCK}(?: [A-Z]{2,5})? \d{4}`;

/** What console servers and loggers put before each line: ConMan, conserver, ser2net, `ts`, screen logs. */
const SERVER_STAMP = new RegExp(`^(?:\\[(?:${ISO}|${CTIME}|${CLOCK})\\]|(?:${ISO}|${CTIME})):? `);
/** How such a stamp begins: most rows do not, and are left alone. */
const MAYBE_STAMP = /^(?:\[?(?:\d\d|[MTWFS][a-z]{2} ))/;
/** RFC 3164 and what rsyslog writes to a console or file: date, host, program. */
const SYSLOG = new RegExp(
  `^(?:[A-Z][a-z]{2} [ \\d]\\d ${CLOCK}|${ISO}) (?:\\S{1,64} )?([\\w./-]{1,40})(?:\\[\\d{1,10}\\])?: ?`,
);
/** Kernel level as printed raw: "<6>". */
const LEVEL = /^<\d{1,3}>/;
const LEVEL_AT_END = /<\d{1,3}>$/;
const LESS_THAN = 0x3c;
/** printk.time of Linux (with CONFIG_PRINTK_CALLER) and NetBSD: "[   12.345678][  T126] ". */
const KERNEL_STAMP = /\[ {0,7}(\d{1,8})\.\d{3,9} ?\](?: ?\[ {0,7}[A-Z]?\d{1,7} ?\])?:? ?/g;
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
  const byDaemon = logged && !/^(?:kernel|\/bsd|unix|genunix|vmunix)$/.test(header[1] ?? "");
  const stamps = stampsIn(text);
  const first = stamps[0];
  if (!first) return [plain(text, logged, byDaemon)];
  const before = text.slice(0, first.index).replace(LEVEL_AT_END, "");
  const quoted = byDaemon || (before !== "" && QUOTE_BEFORE.test(before));
  const messages: Message[] = [];
  if (before.trim() !== "") messages.push(plain(before, logged, byDaemon));
  stamps.forEach((stamp, i) => {
    const from = stamp.index + stamp[0].length;
    const body = withoutLevel(text.slice(from, stamps[i + 1]?.index));
    messages.push({ text: body, stamp: Number(stamp[1]), quoted, logged });
  });
  return messages;
}

/** By hand: matchAll() makes a new expression each time. */
function stampsIn(text: string): RegExpExecArray[] {
  const stamps: RegExpExecArray[] = [];
  KERNEL_STAMP.lastIndex = 0;
  while (stamps.length < MAX_MESSAGES) {
    const stamp = KERNEL_STAMP.exec(text);
    if (!stamp) break;
    stamps.push(stamp);
  }
  return stamps;
}

function plain(text: string, logged: boolean, byDaemon: boolean): Message {
  const quoted = byDaemon || QUOTED_TEXT.test(text);
  return { text: text.replace(/^ {1,2}(?=\S)/, ""), stamp: undefined, quoted, logged };
}
