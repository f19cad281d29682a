/*
 * The ways to an anchor. Each takes lines of text, all or none as far as it can tell, and resolves with what that proves:
 *
 *   syslog   the receiver read to the end of the connection and closed it; that it wrote them down it does not say
 *   serial   the kernel took them for the line; nobody answers
 *   folder   they are on the disk (fsync)
 *   exec     the program ended with 0
 */
import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { syslogFrame } from "../../codec/syslog.ts";
import type { AnchorEntry, AnchorWay } from "../../config/anchor-entry.ts";
import type { Clock, Millis } from "../../lib/clock.ts";
import { formatDuration, seconds } from "../../lib/durations.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import { orAborted } from "../../lib/or-aborted.ts";
import { printable } from "../../lib/printable.ts";
import { openHttpSocket } from "../../sdk/http/http-socket.ts";
import { writeToEnd } from "../../sdk/network/write-to-end.ts";
import { runCommand } from "../../sdk/program/run-command.ts";
import { openTtyPort } from "../../sdk/serial/tty-port.ts";
import { appendDaily } from "./daily-file.ts";

const WITHIN: Millis = seconds(20);
/** Number of documentation examples (RFC 5612): oob has none of its own. */
const ELEMENT = "oob@32473";
/** Start bit, eight bits, stop bit. */
const BITS_A_BYTE = 10;

/** What sending needs. */
export interface SendParts {
  readonly site: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Sends lines to an anchor, once. Throws ANCHOR_FAILED. */
export async function sendToAnchor(
  { name, way }: AnchorEntry,
  lines: readonly string[],
  parts: SendParts,
): Promise<void> {
  const late = new AbortController();
  const limit = timeFor(way, lines);
  const why = new Error(`it did not end within ${formatDuration(limit)}`);
  const timer = parts.clock.after(limit, () => late.abort(why));
  const signal = AbortSignal.any([parts.signal, late.signal]);
  try {
    await sendBy(way, lines, { ...parts, signal });
  } catch (cause) {
    parts.signal.throwIfAborted();
    const text = printable(messageOf(late.signal.aborted ? why : cause), 300);
    const hint = cause instanceof OobError ? cause.hint : undefined;
    throw new OobError("ANCHOR_FAILED", `Cannot reach anchor "${name}": ${text}`, {
      cause,
      hint: hint ?? HINTS[way.is],
    });
  } finally {
    timer.cancel();
  }
}

const HINTS: Readonly<Record<AnchorWay["is"], string>> = {
  syslog: "Does a receiver of syslog listen there, with this transport? See the guide on evidence",
  serial: "Is it plugged in, and may the daemon's user open it?",
  folder: "Is it mounted, and may the daemon's user write there?",
  exec: "Run it by hand with a line on its stdin",
};

function sendBy(way: AnchorWay, lines: readonly string[], parts: SendParts): Promise<void> {
  switch (way.is) {
    case "syslog":
      return bySyslog(way, lines, parts);
    case "serial":
      return bySerial(way, lines, parts);
    case "folder":
      return appendDaily(way.path, lines, parts);
    case "exec":
      return byCommand(way, lines, parts);
  }
}

/** A slow line takes as long as it takes, twice. */
function timeFor(way: AnchorWay, lines: readonly string[]): Millis {
  if (way.is === "exec") return way.timeout + WITHIN;
  if (way.is !== "serial") return WITHIN;
  const bytes = lines.reduce((sum, line) => sum + line.length + 2, 0);
  return WITHIN + (2 * bytes * BITS_A_BYTE * 1000) / way.baud;
}

async function bySyslog(
  { host, port, tls, pin, ca }: Extract<AnchorWay, { is: "syslog" }>,
  lines: readonly string[],
  { site, clock, signal }: SendParts,
): Promise<void> {
  const label = `syslog ${printable(host, 100)}:${port}`;
  const known = ca === undefined ? {} : { ca: await readFile(ca, "utf8") };
  const trust = { ...(pin !== undefined && { pin }), ...known };
  const frames = lines.map((text) =>
    syslogFrame({
      ...{ facility: "daemon", severity: 5, at: clock.now(), hostname: hostname(), app: "oob" },
      ...{ id: "anchor", element: ELEMENT, values: { site }, text },
    }),
  );
  const socket = await openHttpSocket({ label, host, port, tls, ...trust }, signal);
  await writeToEnd(socket, Buffer.concat(frames), signal, { untilClosed: true });
}

/** Nothing is read, whatever comes: a line that only transmits has nothing to say. */
async function bySerial(
  { path, baud, flow }: Extract<AnchorWay, { is: "serial" }>,
  lines: readonly string[],
  { clock, signal }: SendParts,
): Promise<void> {
  const soft = flow === "xonxoff";
  const port = await openTtyPort({
    ...{ path, baudRate: baud, dataBits: 8, parity: "none", stopBits: 1, lock: true },
    ...{ rtscts: flow === "rtscts", xon: soft, xoff: soft, hupcl: false },
  });
  try {
    signal.throwIfAborted();
    // What waits in the kernel for a peer that is not ready is thrown away when the port is closed.
    const demandReady = async () => {
      if (flow === "rtscts" && !(await port.get()).cts)
        throw new Error("CTS is off: what reads the line is not ready");
    };
    await demandReady();
    const text = lines.map((line) => `${line}\r\n`).join("");
    await orAborted(port.write(Buffer.from(text, "latin1")), signal);
    await clock.sleep((text.length * BITS_A_BYTE * 1000) / baud, signal);
    await demandReady();
  } finally {
    await port.close();
  }
}

async function byCommand(
  { words, timeout }: Extract<AnchorWay, { is: "exec" }>,
  lines: readonly string[],
  { clock, signal }: SendParts,
): Promise<void> {
  const input = lines.map((line) => `${line}\n`).join("");
  const { status, err } = await runCommand(words, { clock, signal, timeout, input });
  if (status === 0) return;
  const said = printable(err.trim().split("\n").at(-1) ?? "", 200);
  throw new Error(`"${words[0]}" ended with ${status}${said === "" ? "" : `, "${said}"`}`);
}
