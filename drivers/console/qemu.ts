/*
 * A console of a QEMU machine: its chardev for the bytes, QMP for what only QEMU knows.
 *
 *   path: a Unix socket, or a pty       ──┐
 *   host, port: telnet, with IAC BREAK  ──┼─► bytes          qmp: which chardev it is, who has it, BREAK
 *   qmp, chardev: QEMU says where it is ──┘
 *
 * QMP takes one client at a time, so it is opened for each question and left again. A chardev serves one client as
 * well; another one connects and hears nothing for ever: with QMP that is said at once.
 */
import { stat } from "node:fs/promises";
import {
  addressText,
  connectSocket,
  defineConsole,
  durationOf,
  type Link,
  messageOf,
  numberOf,
  OobError,
  type OpenContext,
  type OptionFault,
  type OptionValues,
  openSerial,
  openTelnet,
  printable,
  type QmpAddress,
  type QmpAsk,
  seconds,
  socketLink,
  textOf,
  withQmp,
} from "oob/sdk";

const CONNECT_TIMEOUT = seconds(10);
const QMP_TIMEOUT = seconds(3);

type Place =
  | { readonly is: "path"; readonly path: string }
  | { readonly is: "telnet"; readonly host: string; readonly port: number };

/** One answer of query-chardev. */
interface Chardev {
  readonly label: string;
  /** "disconnected:unix:/run/vm1.console,server=on", "pty:/dev/pts/7" */
  readonly filename: string;
}

export default defineConsole({
  summary: "Console of a QEMU machine: Unix socket, telnet or pty, with BREAK through QMP",
  sources: ["QEMU 7.2: qapi/char.json (query-chardev, chardev-send-break), chardev/char-socket.c"],
  address: "path",
  identity: ["path", "host", "port", "qmp", "chardev"],
  options: {
    path: { kind: "text", summary: "Unix socket or pty of the console" },
    host: { kind: "text", summary: "address of a telnet chardev, instead of a path" },
    port: { kind: "integer", min: 1, max: 65535, summary: "its port" },
    qmp: { kind: "text", summary: "Unix socket of -qmp, or host:port: for BREAK" },
    chardev: {
      kind: "text",
      summary: "id of the chardev; without a path or host QMP says where it is",
    },
    "connect-timeout": {
      kind: "duration",
      default: "10s",
      summary: "how long to wait for the connection",
    },
  },
  check: placeFaults,
  open: openConsole,
});

function placeFaults(options: OptionValues): readonly OptionFault[] {
  const byPath = textOf(options, "path") !== "";
  const byHost = textOf(options, "host") !== "" && numberOf(options, "port", 0) !== 0;
  const byQmp = textOf(options, "qmp") !== "" && textOf(options, "chardev") !== "";
  if (byPath && byHost) return [{ option: "path", message: "give a path or a host, not both" }];
  if (byPath || byHost || byQmp) return [];
  return [{ option: "path", message: "give a path, or host and port, or qmp and chardev" }];
}

async function openConsole(options: OptionValues, context: OpenContext): Promise<Link> {
  const [fault] = placeFaults(options);
  if (fault) throw new OobError("USAGE", `Cannot open a console of QEMU: ${fault.message}`);
  const qmp = qmpOf(options);
  const given = givenPlace(options);
  const place = await findPlace(given, qmp, options, context);
  const link = await openPlace(place, options, context);
  if (!qmp) return link;
  const sendBreak = () => breakThrough(link.label, place, qmp, options, context);
  return {
    label: link.label,
    bytes: link.bytes,
    write: (bytes) => link.write(bytes),
    close: () => link.close(),
    sendBreak,
    ...(link.onNotice && { onNotice: link.onNotice.bind(link) }),
  };
}

function qmpOf(options: OptionValues): QmpAddress | undefined {
  const text = textOf(options, "qmp");
  if (text === "") return undefined;
  const [, host, port] = /^([^/]+):(\d+)$/.exec(text) ?? [];
  const where = host === undefined ? { path: text } : { host, port: Number(port) };
  return { label: text, where, timeout: QMP_TIMEOUT };
}

function givenPlace(options: OptionValues): Place | undefined {
  const path = textOf(options, "path");
  if (path !== "") return { is: "path", path };
  const host = textOf(options, "host");
  return host === "" ? undefined : { is: "telnet", host, port: numberOf(options, "port", 0) };
}

/** Where the console is. With QMP: what QEMU says, and whether somebody else has it. */
async function findPlace(
  given: Place | undefined,
  qmp: QmpAddress | undefined,
  options: OptionValues,
  context: OpenContext,
): Promise<Place> {
  let chardev: Chardev;
  try {
    if (!qmp) throw new OobError("USAGE", "Cannot ask QEMU: no qmp is given");
    chardev = await withQmp(qmp, context.clock, (ask) => findChardev(ask, given, options));
  } catch (cause) {
    // Somebody else may have QMP, or QEMU is gone: the console itself will tell.
    if (given) return given;
    if (cause instanceof OobError && cause.code === "LINK_REFUSED") throw cause;
    const message = `Cannot find chardev "${textOf(options, "chardev")}": ${messageOf(cause)}`;
    throw new OobError("LINK_REFUSED", message, { cause, hint: "Does the machine run?" });
  }
  const { filename, label } = chardev;
  const place = given ?? placeOf(filename);
  // A socket whose client is there is named without "disconnected:".
  if (place && !/^(?:disconnected|pty):/.test(filename))
    throw new OobError("PORT_BUSY", `Cannot open chardev "${label}": another client has it`, {
      hint: "QEMU serves one client a console: end the other one",
    });
  if (place) return place;
  throw new OobError("LINK_REFUSED", `Cannot open chardev "${label}": it is "${filename}"`, {
    hint: "A Unix socket, telnet with server=on, or a pty can be opened",
  });
}

async function findChardev(
  ask: QmpAsk,
  given: Place | undefined,
  options: OptionValues,
): Promise<Chardev> {
  const chardevs = chardevsIn(await ask("query-chardev"));
  const wanted = textOf(options, "chardev");
  const found = chardevs.filter(({ label, filename }) =>
    wanted === "" ? given !== undefined && isAt(filename, given) : label === wanted,
  );
  const [one] = found;
  if (one && found.length === 1) return one;
  const known = chardevs
    .map(({ label }) => label)
    .sort()
    .join(", ");
  throw new OobError(
    "LINK_REFUSED",
    wanted === ""
      ? `Cannot tell which chardev this console is: QEMU has ${known}`
      : `Cannot find chardev "${wanted}": QEMU has ${known}`,
    { hint: "Set chardev to the id of this console" },
  );
}

function chardevsIn(answer: unknown): Chardev[] {
  if (!Array.isArray(answer)) return [];
  return answer.map((one: unknown) => {
    const { label, filename } = Object(one) as Record<string, unknown>;
    return { label: printable(String(label), 100), filename: printable(String(filename), 300) };
  });
}

/** Where QEMU says that a chardev is. */
function placeOf(filename: string): Place | undefined {
  const [, path] = /^(?:disconnected:)?(?:unix|pty):([^,]+)/.exec(filename) ?? [];
  if (path !== undefined) return { is: "path", path };
  const [, host, port] = /^(?:disconnected:)?telnet:\[?([^,\]]+)\]?:(\d+)/.exec(filename) ?? [];
  return host === undefined ? undefined : { is: "telnet", host, port: Number(port) };
}

function isAt(filename: string, given: Place): boolean {
  const place = placeOf(filename);
  if (given.is === "path") return place?.is === "path" && place.path === given.path;
  return place?.is === "telnet" && place.port === given.port;
}

async function openPlace(place: Place, options: OptionValues, context: OpenContext): Promise<Link> {
  if (place.is === "telnet") return openTelnet({ ...options, ...place }, context);
  const { path } = place;
  const isPty = await stat(path).then(
    (found) => found.isCharacterDevice(),
    () => false,
  );
  if (isPty) return openSerial({ path }, context);
  const timeout = durationOf(options, "connect-timeout", CONNECT_TIMEOUT);
  const socket = await connectSocket({ path }, { ...context, timeout });
  return socketLink({ label: `${path} qemu`, peer: addressText({ path }), socket });
}

/** BREAK as only QEMU can make it on a Unix socket or a pty. */
async function breakThrough(
  label: string,
  place: Place,
  qmp: QmpAddress,
  options: OptionValues,
  context: OpenContext,
): Promise<void> {
  try {
    await withQmp(qmp, context.clock, async (ask) => {
      const chardev = await findChardev(ask, place, options);
      if (await isVirtio(ask, chardev.label))
        throw new OobError("LINK_UNSUPPORTED", "a virtio console has no BREAK", {
          hint: "Give the machine a serial port for its console, or use SysRq through its shell",
        });
      await ask("chardev-send-break", { id: chardev.label });
    });
  } catch (cause) {
    const hint = cause instanceof OobError ? cause.hint : undefined;
    throw new OobError("LINK_UNSUPPORTED", `Cannot send BREAK to ${label}: ${messageOf(cause)}`, {
      cause,
      ...(hint !== undefined && { hint }),
    });
  }
}

/** QEMU takes a BREAK for a virtio console, and drops it. */
async function isVirtio(ask: QmpAsk, chardev: string): Promise<boolean> {
  for (const container of ["/machine/peripheral-anon", "/machine/peripheral"]) {
    const children = await ask("qom-list", { path: container }).catch(() => []);
    for (const child of Array.isArray(children) ? children : []) {
      const { name, type } = Object(child) as Record<string, unknown>;
      if (!/virtconsole|virtserialport/.test(String(type))) continue;
      const path = `${container}/${String(name)}`;
      if ((await ask("qom-get", { path, property: "chardev" })) === chardev) return true;
    }
  }
  return false;
}
