import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, isIPv6, type Socket } from "node:net";
import { hostname } from "node:os";
import { SYSLOG_FACILITIES, type SyslogMessage, syslogBytes, syslogFrame } from "oob/codec/syslog";
import {
  type Alert,
  alertHead,
  defineNotify,
  type NotifyContext,
  numberOf,
  OobError,
  type OptionFault,
  type OptionValues,
  openHttpSocket,
  pinOf,
  printable,
  messageOf as reasonOf,
  runCommand,
  seconds,
  textOf,
  writeToEnd,
} from "oob/sdk";

const PORTS = { udp: 514, tcp: 601, tls: 6514 } as const;
const LEVELS = { critical: 2, warning: 4, info: 5 } as const;
const LOGGER_LEVELS = { critical: "crit", warning: "warning", info: "notice" } as const;
/** Number of documentation examples (RFC 5612): oob has none of its own. */
const ELEMENT = "oob@32473";
const WITHIN = seconds(15);

export default defineNotify({
  summary:
    "Syslog, RFC 5424: over UDP, TCP or TLS, a stream socket, or logger to this machine's own",
  sources: [
    "RFC 5424 (format), RFC 5426 (UDP), RFC 6587 3.4.1 (TCP, octet counting), RFC 5425 (TLS)",
    "logger(1), util-linux 2.38: the datagram socket of the local syslog is beyond Node",
    "tried on rsyslog 8.2302",
  ],
  options: {
    transport: {
      kind: "choice",
      choices: ["udp", "tcp", "tls", "unix", "local"],
      default: "udp",
      summary: "the way there; unix: a stream socket, local: by the program logger",
    },
    host: { kind: "text", summary: "name or address of the receiver; of udp, tcp and tls" },
    port: { kind: "integer", min: 1, max: 65535, summary: "its port; 514, 601 or 6514" },
    path: { kind: "text", summary: "the socket; of unix, and of local where it is not /dev/log" },
    pin: {
      kind: "text",
      summary: "fingerprint of its certificate, sha256:…, where nobody known signed it",
    },
    facility: {
      kind: "choice",
      choices: SYSLOG_FACILITIES,
      default: "daemon",
      summary: "facility of the messages",
    },
  },
  check: faultsOf,
  isBlind: (options) => !["tcp", "tls"].includes(textOf(options, "transport")),
  async send(alert, options, context) {
    const way = textOf(options, "transport");
    const message = messageOf(alert, options);
    if (way === "local") return byLogger(alert, options, context);
    if (way === "udp" || way === "") return byUdp(syslogBytes(message), options, context);
    return byStream(syslogFrame(message), options, context);
  },
});

function faultsOf(options: OptionValues): readonly OptionFault[] {
  const way = textOf(options, "transport") || "udp";
  const isLocal = way === "unix" || way === "local";
  const pin = textOf(options, "pin");
  const faults: OptionFault[] = [];
  if (!isLocal && textOf(options, "host") === "")
    faults.push({ option: "host", message: `transport ${way} needs a host` });
  if (way === "unix" && !textOf(options, "path").startsWith("/"))
    faults.push({ option: "path", message: "transport unix needs the path of a stream socket" });
  if (pin !== "" && (way !== "tls" || pinOf(pin) === undefined))
    faults.push({
      option: "pin",
      message: 'expected "sha256:" and 64 digits, with transport: tls',
    });
  return faults;
}

function messageOf(alert: Alert, options: OptionValues): SyslogMessage {
  const { key, thread, host, incident, phase, severity, site } = alert;
  const text = [alertHead(alert), ...alert.news.map((one) => one.text)].join(" | ");
  return {
    facility: textOf(options, "facility") || "daemon",
    severity: phase === "open" ? LEVELS[severity] : LEVELS.info,
    at: alert.at,
    hostname: hostname(),
    app: "oob",
    id: phase,
    element: ELEMENT,
    values: {
      ...{ key, thread, site, severity },
      ...(host !== undefined && { host }),
      ...(incident !== undefined && { incident: String(incident) }),
    },
    text,
  };
}

const placeOf = (options: OptionValues, tls: boolean) => {
  const host = textOf(options, "host");
  const port = numberOf(options, "port", tls ? PORTS.tls : PORTS.tcp);
  const pin = pinOf(textOf(options, "pin"));
  const label = `syslog ${printable(host, 100)}:${port}`;
  return { label, host, port, tls, ...(pin !== undefined && { pin }) };
};

async function byUdp(
  bytes: Uint8Array,
  options: OptionValues,
  { signal }: NotifyContext,
): Promise<string> {
  const host = textOf(options, "host");
  const socket = createSocket({ type: isIPv6(host) ? "udp6" : "udp4", signal });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      const done = (error: Error | null) => (error ? reject(error) : resolve());
      socket.send(bytes, numberOf(options, "port", PORTS.udp), host, done);
    });
    return "sent by UDP, which has no answer";
  } finally {
    socket.close();
  }
}

async function byStream(
  frame: Uint8Array,
  options: OptionValues,
  { clock, signal }: NotifyContext,
): Promise<string> {
  const path = textOf(options, "path");
  const way = textOf(options, "transport");
  const place = placeOf(options, way === "tls");
  const late = new AbortController();
  const timer = clock.after(WITHIN, () => late.abort(new Error("no end of it within 15s")));
  const end = AbortSignal.any([signal, late.signal]);
  try {
    const socket =
      way === "unix" ? await connected(connect({ path }), end) : await openHttpSocket(place, end);
    // A stream has no answer either; but the receiver has to take the end of it.
    await writeToEnd(socket, frame, end);
    return "the receiver's side took it; syslog has no answer";
  } catch (cause) {
    if (cause instanceof OobError) throw cause;
    const where = way === "unix" ? `"${printable(path, 100)}"` : place.label;
    const why = printable(reasonOf(late.signal.aborted ? late.signal.reason : cause), 200);
    throw new OobError("NOTIFY_FAILED", `Cannot log to ${where}: ${why}`, {
      cause,
      hint: "Does a syslog daemon listen there, with this transport?",
    });
  } finally {
    timer.cancel();
  }
}

async function connected(socket: Socket, signal: AbortSignal): Promise<Socket> {
  const end = () => socket.destroy();
  signal.addEventListener("abort", end, { once: true });
  await once(socket, "connect", { signal });
  return socket;
}

async function byLogger(
  alert: Alert,
  options: OptionValues,
  { clock, signal }: NotifyContext,
): Promise<string> {
  const path = textOf(options, "path");
  const { text, values, facility } = messageOf(alert, options);
  const level = LOGGER_LEVELS[alert.phase === "open" ? alert.severity : "info"];
  const fields = Object.entries(values).map(([name, value]) => `${name}=${value}`);
  const words = [
    ...["logger", "-t", "oob", "-p", `${facility}.${level}`],
    ...(path === "" ? [] : ["-u", path]),
  ];
  const input = `${printable(`${text} (${fields.join(" ")})`, 1500)}\n`;
  const { status, err } = await runCommand(words, { clock, signal, timeout: WITHIN, input });
  if (status === 0 && err.trim() === "") return "logger took it";
  const said = printable(err.trim(), 200);
  throw new OobError("NOTIFY_FAILED", `Cannot log: logger ended with ${status}, "${said}"`, {
    hint: "Does a syslog daemon listen at the socket?",
  });
}
