/** Messages of syslog: RFC 5424, framed for streams by counting octets (RFC 6587 3.4.1, RFC 5425 4.3). */
import { concatBytes, utf8 } from "../lib/bytes.ts";
import { printable } from "../lib/printable.ts";

/** What every receiver has to take is 2048 octets (RFC 5424, 6.1). */
export const MAX_SYSLOG_BYTES = 2048;

export const SYSLOG_FACILITIES: readonly string[] = [
  ...["kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron"],
  ...["authpriv", "ftp", "ntp", "audit", "alert", "clock", "local0", "local1", "local2", "local3"],
  ...["local4", "local5", "local6", "local7"],
];

/** One message. */
export interface SyslogMessage {
  readonly facility: string;
  /** 0 (emergency) to 7 (debug). */
  readonly severity: number;
  /** Unix ms. */
  readonly at: number;
  readonly hostname: string;
  readonly app: string;
  readonly id: string;
  /** "name@number", and its values. */
  readonly element: string;
  readonly values: Readonly<Record<string, string>>;
  readonly text: string;
}

/** A message's bytes, cut between two characters where it is too long. */
export function syslogBytes(message: SyslogMessage): Uint8Array {
  const { severity, at, hostname, app, id, element, values, text } = message;
  const facility = Math.max(0, SYSLOG_FACILITIES.indexOf(message.facility));
  const params = Object.entries(values).map(
    ([key, value]) => ` ${token(key, 32)}="${quoted(value)}"`,
  );
  const time = new Date(at).toISOString();
  const head = `<${facility * 8 + severity}>1 ${time} ${token(hostname, 255)} ${token(app, 48)} - ${token(id, 32)}`;
  return utf8Cut(`${head} [${token(element, 32)}${params.join("")}] ${printable(text)}`);
}

/** The same for a stream. */
export function syslogFrame(message: SyslogMessage): Uint8Array {
  const bytes = syslogBytes(message);
  return concatBytes([utf8(`${bytes.length} `), bytes]);
}

/** Printable ASCII without blanks, '"', "=" and "]"; "-" where nothing is left. */
const token = (text: string, most: number): string =>
  text.replace(/[^!#-<>-\\^-~]/g, "").slice(0, most) || "-";

/** RFC 5424 6.3.3: in a value '"', "\" and "]" are escaped. */
const quoted = (text: string): string => printable(text, 256).replace(/["\\\]]/g, "\\$&");

function utf8Cut(text: string): Uint8Array {
  const bytes = utf8(text);
  if (bytes.length <= MAX_SYSLOG_BYTES) return bytes;
  let end = MAX_SYSLOG_BYTES;
  // Not in the midst of a character: what continues one begins with the bits 10.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.slice(0, end);
}
