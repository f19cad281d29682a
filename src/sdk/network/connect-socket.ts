import { readSync } from "node:fs";
import net from "node:net";
import type { Clock, Millis } from "../../lib/clock.ts";
import { formatDuration } from "../../lib/durations.ts";
import { messageOf, OobError } from "../../lib/errors.ts";

/** Most bytes that one read takes from a socket. */
export const SOCKET_READ_BYTES = 64 * 1024;
/** Silence after which the kernel asks whether the peer still lives; ten unanswered questions, a second apart, end it. */
const KEEP_ALIVE: Millis = 30_000;

/** Where a socket leads. */
export type SocketAddress =
  | { readonly host: string; readonly port: number }
  | { readonly path: string };

/** What a connection needs besides its address: OpenContext has it. */
export interface ConnectContext {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly timeout: Millis;
}

/**
 * Takes a chunk that was just read, valid during the call only; returns whether to go on reading.
 * A socket reads nothing before `read(0)` is called on it.
 */
export type SocketIntake = (chunk: Uint8Array) => boolean;

// The kernel fills it and we copy out of it in one turn of the loop, so all sockets share one: a thousand consoles do
// not hold 64 MB. (Not on Windows, where reads are under way while others run.)
const shared = new Uint8Array(SOCKET_READ_BYTES);
const intakes = new WeakMap<object, SocketIntake>();

/** Sets who takes what is read; false for a socket that connectSocket() did not open. */
export function setIntake(socket: object, intake: SocketIntake): boolean {
  const ours = intakes.has(socket);
  if (ours) intakes.set(socket, intake);
  return ours;
}

/** Somebody looks at the shared buffer: what is read now would overwrite it. */
let sharedTaken = false;

function giveShared(socket: object, count: number): boolean {
  sharedTaken = true;
  try {
    return intakes.get(socket)?.(shared.subarray(0, count)) ?? false;
  } finally {
    sharedTaken = false;
  }
}

/**
 * Reads what waits in the kernel now and gives it to the intake; false: more has to be waited for by `read(0)`. One
 * system call instead of five: asking the loop for one piece costs two epoll_ctl and two epoll_wait more. Throws what
 * the kernel says of a broken connection.
 */
export function readWaiting(socket: object): boolean {
  const fd = fileOf(socket);
  if (fd === undefined || sharedTaken) return false;
  let count = 0;
  try {
    count = readSync(fd, shared, 0, SOCKET_READ_BYTES, null);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EAGAIN") return false;
    throw error;
  }
  // Its end is the loop's to find.
  return count > 0 && !giveShared(socket, count);
}

/** The kernel's number of an open socket. Node keeps it in the handle; Windows has none. */
function fileOf(socket: object): number | undefined {
  const handle: unknown = "_handle" in socket ? socket._handle : undefined;
  if (typeof handle !== "object" || handle === null || !("fd" in handle)) return undefined;
  return typeof handle.fd === "number" && handle.fd >= 0 ? handle.fd : undefined;
}

/** "ts1:7003", "[fd00::1]:7003", "/run/vm1.console". */
export function addressText(address: SocketAddress): string {
  if ("path" in address) return address.path;
  return address.host.includes(":")
    ? `[${address.host}]:${address.port}`
    : `${address.host}:${address.port}`;
}

/** Connects; throws LINK_REFUSED saying exactly why not. Nothing is read from the socket until somebody asks. */
export function connectSocket(
  address: SocketAddress,
  context: ConnectContext,
): Promise<net.Socket> {
  const { clock, signal, timeout } = context;
  const name = addressText(address);
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(givenUp(name, signal.reason));
      return;
    }
    const socket = pullingSocket();
    const settle = (failure?: OobError) => {
      timer.cancel();
      signal.removeEventListener("abort", onAbort);
      socket.removeListener("error", onError);
      if (failure === undefined) {
        resolve(socket);
        return;
      }
      // Name look-ups and later addresses may still fail: nobody is interested any more.
      socket.on("error", () => {});
      socket.destroy();
      reject(failure);
    };
    const onAbort = () => settle(givenUp(name, signal.reason));
    const onError = (error: Error) => settle(refused(address, error));
    const timer = clock.after(timeout, () => settle(timedOut(name, timeout)));
    signal.addEventListener("abort", onAbort, { once: true });
    socket.once("error", onError);
    socket.connect("path" in address ? { path: address.path } : { ...address }, () => {
      socket.setNoDelay(true);
      socket.setKeepAlive(true, KEEP_ALIVE);
      settle();
    });
  });
}

function pullingSocket(): net.Socket {
  // `onread` belongs to the constructor, where @types/node 20 does not know it.
  const options = {
    onread: {
      buffer: shared,
      callback: (count: number): boolean => giveShared(socket, count),
    },
  };
  const socket: net.Socket = new net.Socket(options as net.SocketConstructorOpts);
  intakes.set(socket, () => false);
  // Without this the socket would begin to read as soon as it is connected.
  socket.pause();
  return socket;
}

/** The opening was given up by whoever asked for it. */
export const givenUp = (name: string, cause: unknown): OobError =>
  new OobError("INTERRUPTED", `Cannot open "${name}": the attempt was given up`, { cause });

const timedOut = (name: string, timeout: Millis): OobError =>
  new OobError(
    "LINK_REFUSED",
    `Cannot open "${name}": no answer within ${formatDuration(timeout)}`,
    {
      hint: "Check that the device has power and network, and that no firewall drops the connection",
    },
  );

type Reason = readonly [what: string, hint: string];

const PATH_REASONS: Readonly<Record<string, Reason>> = {
  ECONNREFUSED: [
    "nobody listens on this socket",
    "The program that made it has ended: start it again",
  ],
  ENOENT: ["no such socket", "Check the path, and that the machine or program that makes it runs"],
  ENOTDIR: ["no such socket", "Check the path: a part of it is no directory"],
};

const REASONS: Readonly<Record<string, Reason>> = {
  ECONNREFUSED: [
    "connection refused",
    "Nothing listens there: check the port number, and that the console server has this port enabled",
  ],
  ENOTFOUND: [
    "no such host",
    "Check the name, or use the address: names may not resolve when it matters",
  ],
  EAI_AGAIN: ["the name service does not answer", "Use the address instead of the name"],
  ETIMEDOUT: ["no answer", "Check that the device has power and network"],
  EHOSTUNREACH: ["no route to the host", "Check that the device has power and network"],
  ENETUNREACH: ["no route to its network", "Check this machine's own network"],
  ECONNRESET: [
    "connection reset",
    "The device accepts and drops connections: its port may be taken",
  ],
  EACCES: ["permission denied", "Check who may write to the socket, and whose groups you have"],
  EPERM: ["not permitted", "Check this machine's firewall and sandbox"],
};

function refused(address: SocketAddress, error: Error): OobError {
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const reason = ("path" in address ? PATH_REASONS[code] : undefined) ?? REASONS[code];
  const [what, hint] = reason ?? [messageOf(error), undefined];
  const message = `Cannot open "${addressText(address)}": ${what}`;
  return new OobError("LINK_REFUSED", message, { cause: error, ...(hint && { hint }) });
}
