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
import { spawn } from "node:child_process";
import { close as closeFd, constants, open as openFd } from "node:fs";
import { isatty, ReadStream } from "node:tty";
import { promisify } from "node:util";
import type {
  BindingPortInterface,
  OpenOptions,
  PortStatus,
  SetOptions,
} from "@serialport/bindings-cpp";

// Numbers, not FileHandles: those close their fd when they are collected, and node's stream owns the data fd.
const open = promisify(openFd);
const close = promisify(closeFd);

/** Bytes taken per read; the kernel hands out at most 4095 of a tty at once (N_TTY). */
export const TTY_READ_BYTES = 4096;
/** stty waits for unsent bytes before it changes a line; a stopped line never gets there. */
const STTY_TIMEOUT = 5000;
const CONFLICT = 75;
/** Speeds may differ by this much from what was asked for: UARTs divide a clock. */
const SPEED_TOLERANCE = 0.03;

// A constant: nothing is put into this text. Without flock(1) (127) the UUCP lock has to do.
const LOCK_AND_SHOW = `flock -n 3 2>/dev/null; [ $? -eq 1 ] && exit ${CONFLICT}; exec stty -a <&3`;
const SHOW = "exec stty -a <&3";

/** Why a tty could not be opened or set, in words that programs can tell apart. */
export type TtyTrouble = "not-a-tty" | "locked" | "settings";

/** A tty that is there but cannot be had as asked. */
export class TtyError extends Error {
  readonly trouble: TtyTrouble;

  constructor(trouble: TtyTrouble, message: string) {
    super(message);
    this.trouble = trouble;
  }
}

type Native = Record<
  "get" | "set" | "getBaudRate" | "update" | "flush",
  (fd: number, options?: object) => Promise<unknown>
>;
let native: Promise<Native> | undefined;

/** serialport's ioctls on an fd of ours. Loaded when the first port is opened: not everybody has serial ports. */
function loadNative(): Promise<Native> {
  native ??= import("@serialport/bindings-cpp/dist/load-bindings.js").then((module) => ({
    get: module.asyncGet as Native["get"],
    set: module.asyncSet as Native["set"],
    getBaudRate: module.asyncGetBaudRate as Native["getBaudRate"],
    update: module.asyncUpdate as Native["update"],
    flush: module.asyncFlush as Native["flush"],
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
    await settle(control, options, hardware, calls);
    return new TtyPort(control, await open(options.path, flags), options, calls);
  } catch (error) {
    await close(control);
    throw error;
  }
}

/** Takes the lock, compares the settings with what is wanted, and changes only what differs. */
async function settle(
  fd: number,
  options: OpenOptions,
  hardware: boolean,
  calls: Native,
): Promise<void> {
  const shown = await runOn(["ignore", fd], "sh", [
    "-c",
    options.lock === false ? SHOW : LOCK_AND_SHOW,
  ]);
  if (shown.status === CONFLICT) throw new TtyError("locked", "another process has locked it");
  if (shown.status !== 0) throw new TtyError("settings", sttyText(shown.text));
  const speed = await speedOf(fd, calls);
  const standard = STANDARD_SPEEDS.has(options.baudRate);
  // A pty has no characters of 7 bits, no parity and no wires: its kernel side refuses them.
  const wanted = [...RAW, ...softFlow(options), ...(hardware ? wireSettings(options) : [])];
  const present = new Set(shown.text.split(/[\s;]+/));
  const different = wanted.filter((word) => !present.has(word));
  if (!/\bmin = 1;/.test(shown.text)) different.push("min", "1");
  if (!/\btime = 0;/.test(shown.text)) different.push("time", "0");
  if (standard && speed !== options.baudRate) different.push(String(options.baudRate));
  if (different.length > 0) await change(fd, different);
  // Speeds without a name: only serialport knows how, and it discards what waits. At another speed that was rubbish.
  if (!standard && !isNearSpeed(speed, options.baudRate))
    await calls.update(fd, { baudRate: options.baudRate });
}

/** true where two speeds are the same but for rounding. */
export const isNearSpeed = (a: number, b: number): boolean =>
  Math.abs(a - b) <= b * SPEED_TOLERANCE;

async function speedOf(fd: number, calls: Native): Promise<number> {
  const answer = (await calls.getBaudRate(fd)) as { baudRate: number };
  return answer.baudRate;
}

/** Bytes as they are: no line editing, no echo, no signals, no translation, no marking of bad bytes. */
const RAW: readonly string[] = [
  ..."-icanon -isig -iexten -echo -echonl -opost -inlcr -igncr -icrnl -istrip -inpck -parmrk".split(
    " ",
  ),
  ..."-brkint ignbrk -ixany cread clocal -hupcl".split(" "),
];

/** Speeds that have a name in termios and so in stty. */
const STANDARD_SPEEDS: ReadonlySet<number> = new Set([
  50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400, 4800, 9600, 19_200, 38_400, 57_600,
  115_200, 230_400, 460_800, 500_000, 576_000, 921_600, 1_000_000, 1_152_000, 1_500_000, 2_000_000,
  2_500_000, 3_000_000, 3_500_000, 4_000_000,
]);

function wireSettings(options: OpenOptions): string[] {
  const parity = options.parity ?? "none";
  return [
    `cs${options.dataBits ?? 8}`,
    parity === "none" ? "-parenb" : "parenb",
    parity === "odd" ? "parodd" : "-parodd",
    options.stopBits === 2 ? "cstopb" : "-cstopb",
    options.rtscts ? "crtscts" : "-crtscts",
  ];
}

const softFlow = (options: OpenOptions): string[] => [
  options.xon ? "ixon" : "-ixon",
  options.xoff ? "ixoff" : "-ixoff",
];

const environment = () => ({ PATH: process.env.PATH ?? "/usr/bin:/bin", LC_ALL: "C" });

/** Runs a program with the tty as its stdin or fd 3; status -1: it did not end in time. */
function runOn(
  stdio: readonly (number | "ignore")[],
  program: string,
  words: readonly string[],
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const [stdin = "ignore", third = "ignore"] = stdio;
    const child = spawn(program, words, {
      stdio: [stdin, "pipe", "pipe", third],
      env: environment(),
      timeout: STTY_TIMEOUT,
    });
    let text = "";
    const collect = (chunk: Buffer) => {
      text += chunk.toString("latin1");
    };
    child.stdout?.on("data", collect);
    child.stderr?.on("data", collect);
    child.on("error", reject);
    child.on("close", (status) => resolve({ status: status ?? -1, text }));
  });
}

/** Changes settings; what waits in either direction stays (stty uses TCSADRAIN). */
async function change(fd: number, words: readonly string[]): Promise<void> {
  const { status, text } = await runOn([fd], "stty", words);
  if (status === -1) throw new TtyError("settings", "the line is stopped with bytes unsent");
  if (status !== 0)
    throw new TtyError("settings", `it does not take "${words.join(" ")}" (${sttyText(text)})`);
}

const sttyText = (text: string) =>
  text
    .trim()
    .replace(/^stty: (?:'?standard input'?: )?/, "")
    .slice(0, 200) || "stty failed";

/** An open tty, in the shape of serialport's bindings. */
class TtyPort implements BindingPortInterface {
  readonly openOptions: Required<OpenOptions>;
  readonly #control: number;
  readonly #stream: ReadStream;
  readonly #calls: Native;
  readonly #received = Buffer.allocUnsafe(TTY_READ_BYTES);
  #reader: { take(bytes: number): void; reject(error: Error): void } | undefined;
  #held = 0;
  #lost: Error | undefined;
  isOpen = true;

  constructor(control: number, data: number, options: OpenOptions, calls: Native) {
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

  async close(): Promise<void> {
    this.isOpen = false;
    this.#stream.destroy();
    // What a peer without CTS has not taken by now would hold the close, and the end of the process, for 30 s.
    if (this.openOptions.rtscts && !(await this.get().catch(() => undefined))?.cts)
      await this.#calls.flush(this.#control).catch(() => undefined);
    await close(this.#control);
  }

  // What discards bytes or holds a pool thread while a line is stopped is not for consoles.
  readonly update = refused("update");
  readonly flush = refused("flush");
  readonly drain = refused("drain");
}

const closed = () => new Error("the port is closed");

const refused = (what: string) => () =>
  Promise.reject(new Error(`${what} is not for consoles: it discards or blocks`));
