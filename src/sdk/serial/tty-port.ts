/*
 * A tty opened so that no byte is thrown away. serialport's own open ends in tcflush(TCIOFLUSH): 3.7 kB lost at each
 * restart at 115200 baud. Here:
 *
 *   control fd   open(O_NONBLOCK), flock and settings by flock(1) and stty(1) on this very fd, which discard nothing;
 *                modem lines, BREAK and the speed in force by serialport's native calls
 *   data fd      the same tty once more, read and written by node's own tty stream
 *
 * Two fds, because node's stream re-opens what it is given (a lock on it would be lost) and closes it on the event
 * loop: closing the last fd of a stopped line blocks for up to 30 s, so the control fd is closed last, in the pool.
 * serialport's stream and Poller are not used: the Poller runs its callback outside of node's task queue, forgets
 * to read while it waits to write, and takes away the polling of a reused fd number when it is collected.
 */
import { close as closeFd, constants, open as openFd } from "node:fs";
import { isatty, ReadStream } from "node:tty";
import { promisify } from "node:util";
import type {
  BindingPortInterface,
  OpenOptions,
  PortStatus,
  SetOptions,
} from "@serialport/bindings-cpp";
import { settleTty, speedOf, type TtyCalls, TtyError } from "./tty-settings.ts";

// Numbers, not FileHandles: those close their fd when they are collected, and node's stream owns the data fd.
const open = promisify(openFd);
const close = promisify(closeFd);

/** Bytes taken per read; the kernel hands out at most 4095 of a tty at once (N_TTY). */
export const TTY_READ_BYTES = 4096;
let native: Promise<TtyCalls> | undefined;

/** serialport's ioctls on an fd of ours. Loaded when the first port is opened: not everybody has serial ports. */
function loadNative(): Promise<TtyCalls> {
  native ??= import("@serialport/bindings-cpp/dist/load-bindings.js").then((module) => ({
    get: module.asyncGet as TtyCalls["get"],
    set: module.asyncSet as TtyCalls["set"],
    getBaudRate: module.asyncGetBaudRate as TtyCalls["getBaudRate"],
    update: module.asyncUpdate as TtyCalls["update"],
    flush: module.asyncFlush as TtyCalls["flush"],
  }));
  return native;
}

/** Opens a tty, takes its lock, makes its settings right where they are not, and discards nothing. */
export async function openTtyPort(options: OpenOptions): Promise<BindingPortInterface> {
  const calls = await loadNative();
  const flags = constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK;
  const control = await open(options.path, flags);
  try {
    if (!isatty(control)) throw new TtyError("not-a-tty", "it is not a terminal line");
    const hardware = await calls.get(control).then(
      () => true,
      () => false,
    );
    await settleTty(control, options, hardware, calls);
    return new TtyPort(control, await open(options.path, flags), options, calls);
  } catch (error) {
    await close(control);
    throw error;
  }
}

/** An open tty, in the shape of serialport's bindings. */
class TtyPort implements BindingPortInterface {
  readonly openOptions: Required<OpenOptions>;
  readonly #control: number;
  readonly #stream: ReadStream;
  readonly #calls: TtyCalls;
  readonly #received = Buffer.allocUnsafe(TTY_READ_BYTES);
  #reader: { take(bytes: number): void; reject(error: Error): void } | undefined;
  #held = 0;
  #lost: Error | undefined;
  isOpen = true;

  constructor(control: number, data: number, options: OpenOptions, calls: TtyCalls) {
    this.openOptions = options as Required<OpenOptions>;
    this.#control = control;
    this.#calls = calls;
    // `onread` puts the bytes into our buffer and calls us in the same turn in which they were read.
    const streamOptions = {
      onread: {
        buffer: this.#received,
        callback: (bytes: number) => {
          const reader = this.#reader;
          this.#reader = undefined;
          // Nobody asked: cannot be, but a byte must not be what shows it.
          if (reader === undefined) this.#held = bytes;
          else reader.take(bytes);
          return false;
        },
      },
    };
    this.#stream = new ReadStream(data, streamOptions as object);
    // libuv re-opens the tty, and leaves the fd that it was given open: it thinks of stdin.
    const handle = (this.#stream as unknown as { _handle: { fd: number } })._handle;
    if (handle.fd !== data) closeFd(data);
    const lose = (error: Error) => {
      this.#lost ??= error;
      this.#reader?.reject(this.#lost);
    };
    this.#stream.on("error", lose);
    this.#stream.on("end", () => lose(new Error("the line was hung up")));
    this.#stream.on("close", () => lose(closed()));
  }

  /** One read of the tty, begun only now. The buffer must have room for a whole one. */
  read(buffer: Buffer, offset: number, length: number) {
    return new Promise<{ buffer: Buffer; bytesRead: number }>((resolve, reject) => {
      if (this.#lost) reject(this.#lost);
      else if (length < TTY_READ_BYTES) reject(new RangeError(`room for ${length} is too little`));
      else {
        const take = (bytes: number) =>
          resolve({ buffer, bytesRead: this.#received.copy(buffer, offset, 0, bytes) });
        const held = this.#held;
        this.#held = 0;
        if (held > 0) take(held);
        else {
          this.#reader = { take, reject };
          this.#stream.resume();
        }
      }
    });
  }

  write(buffer: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#lost) {
        reject(this.#lost);
        return;
      }
      // node reports writes that destroy() cut off as done.
      this.#stream.write(buffer, (error) =>
        error || this.#stream.destroyed ? reject(this.#lost ?? error ?? closed()) : resolve(),
      );
    });
  }

  async get(): Promise<PortStatus> {
    return (await this.#calls.get(this.#control)) as PortStatus;
  }

  async set(options: SetOptions): Promise<void> {
    await this.#calls.set(this.#control, options);
  }

  async getBaudRate(): Promise<{ baudRate: number }> {
    return { baudRate: await speedOf(this.#control, this.#calls) };
  }

  /** Another speed, by stty(1): what was sent before goes out at the old one. */
  async update({ baudRate }: { baudRate: number }): Promise<void> {
    await settleTty(
      this.#control,
      { ...this.openOptions, baudRate, lock: false },
      true,
      this.#calls,
    );
  }

  async close(): Promise<void> {
    this.isOpen = false;
    this.#stream.destroy();
    // What a peer without CTS has not taken by now would hold the close, and the end of the process, for 30 s.
    if (this.openOptions.rtscts && !(await this.get().catch(() => undefined))?.cts)
      await this.#calls.flush(this.#control).catch(() => undefined);
    await close(this.#control);
  }

  // What discards bytes or holds a pool thread while a line is stopped is not for consoles.
  readonly flush = refused("flush");
  readonly drain = refused("drain");
}

const closed = () => new Error("the port is closed");

const refused = (what: string) => () =>
  Promise.reject(new Error(`${what} is not for consoles: it discards or blocks`));
