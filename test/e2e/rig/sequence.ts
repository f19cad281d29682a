/** Bytes of a line of pty-feeder.py. */
const LINE = 64;

/** Line `n` of a console, as pty-feeder.py prints it. */
function line(console: number, n: number): string {
  const mixed = (BigInt(n) * 2654435761n + BigInt(console) * 40503n) & 0xffffffffn;
  const number = String(console).padStart(2, "0");
  return `${number} ${String(n).padStart(10, "0")} ${mixed.toString(16).padStart(8, "0").repeat(6)}\r\n`;
}

/** The first `bytes` bytes that a console printed. */
export function sequence(console: number, bytes: number): Buffer {
  const lines = Array.from({ length: Math.ceil(bytes / LINE) }, (_, n) => line(console, n));
  return Buffer.from(lines.join(""), "latin1").subarray(0, bytes);
}

/** How what was logged differs from what was printed. */
export interface Difference {
  readonly lost: number;
  readonly doubled: number;
  /** Places at which the two part, and what is there: for the message of a test. */
  readonly places: readonly string[];
}

/** Compares byte for byte; behind a difference, the next whole line says where in the sequence the log goes on. */
export function compare(printed: Buffer, logged: Buffer): Difference {
  let lost = 0;
  let doubled = 0;
  const places: string[] = [];
  let at = 0;
  let expected = 0;
  while (at < logged.length || expected < printed.length) {
    const same = sameUpTo(printed, expected, logged, at);
    at += same;
    expected += same;
    if (at === logged.length && expected === printed.length) break;
    const next = nextLine(logged, at);
    const goesOn = next?.number === undefined ? printed.length : next.number * LINE;
    const resumes = next?.at ?? logged.length;
    const missing = goesOn - expected - (resumes - at);
    if (missing >= 0) lost += missing;
    else doubled -= missing;
    places.push(`byte ${expected}: ${missing >= 0 ? `${missing} lost` : `${-missing} doubled`}`);
    at = resumes;
    expected = goesOn;
    // Bytes that are neither lost nor doubled, but others: nothing like it may happen, and it must not be called well.
    if (missing === 0) places.push(`byte ${expected}: wrong bytes before it`);
  }
  return { lost, doubled, places };
}

function sameUpTo(printed: Buffer, expected: number, logged: Buffer, at: number): number {
  const most = Math.min(printed.length - expected, logged.length - at);
  let same = 0;
  while (same < most && printed[expected + same] === logged[at + same]) same++;
  return same;
}

function nextLine(logged: Buffer, from: number) {
  const found = /\d\d (\d{10}) [0-9a-f]{48}\r\n/.exec(
    logged.toString("latin1", from, from + 8 * LINE),
  );
  return found ? { at: from + found.index, number: Number(found[1]) } : undefined;
}
