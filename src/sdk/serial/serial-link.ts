/*
 * A Link over a local serial port. The port comes from openTtyPort, which discards no byte, whether it is opened for the
 * first time or again; tests hand in another binding of the same shape.
 */
import { realpath } from "node:fs/promises";
import type { BindingPortInterface, OpenOptions } from "@serialport/bindings-cpp";
import type { Millis, Timer } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import type { Link, LinkNotice, ModemLines, OpenContext } from "../link.ts";
import { flagOf, numberOf, type OptionFault, type OptionValues, textOf } from "../options.ts";
import { explainSerialTrouble, refusedPort } from "./serial-trouble.ts";
import { openTtyPort, TTY_READ_BYTES } from "./tty-port.ts";
import { isNearSpeed } from "./tty-settings.ts";

/** How often modem lines are looked at; also the longest time in which a pulled-out adapter goes unnoticed. */
const LINES_EVERY: Millis = 900;
const MAX_BREAK: Millis = seconds(10);
/** close() is not held longer than this by bytes that a stopped line has not sent. */
const CLOSE_WAIT: Millis = seconds(1);

/** What is needed of a binding: serialport's own shape. */
export interface SerialBinding {
  open(options: OpenOptions): Promise<BindingPortInterface>;
}

/** Opens a serial port through a binding. */
export async function openSerial(
  options: OptionValues,
  context: OpenContext,
  binding: SerialBinding = { open: openTtyPort },
): Promise<Link> {
  const path = textOf(options, "path");
  const format = formatOf(options, path);
  const baud = numberOf(options, "baud", 115_200);
  const flow = textOf(options, "flow");
  const real = await realpath(path).catch(() => path);
  if (real !== path) context.progress(`"${path}" is ${real}`);
  context.signal.throwIfAborted();
  const wanted: OpenOptions = {
    path,
    baudRate: baud,
    ...format.settings,
    lock: options.exclusive === undefined || flagOf(options, "exclusive"),
    rtscts: flow === "rtscts",
    xon: flow === "xonxoff",
    xoff: flow === "xonxoff",
    hupcl: false,
  };
  const port = await binding.open(wanted).catch(async (cause: unknown) => {
    throw await explainSerialTrouble(cause, path, real);
  });
  const link = new SerialLink(port, `${real} ${baud} ${format.name}`, context);
  try {
    context.signal.throwIfAborted();
    const { baudRate } = await port.getBaudRate();
    if (!isNearSpeed(baudRate, baud))
      throw refusedPort(path, `it stays at ${baudRate} baud when set to ${baud}`, {
        hint: "Choose a speed that this hardware can make",
      });
    await link.begin(textOf(options, "dtr"), textOf(options, "rts"));
    return link;
  } catch (error) {
    await link.close();
    throw error instanceof OobError || context.signal.aborted
      ? error
      : await explainSerialTrouble(error, path, real);
  }
}

const FORMAT = /^([5-8])([neo])([12])$/;
const formatName = (options: OptionValues): string =>
  (textOf(options, "format") || "8n1").toLowerCase();

/** What no serial port can be opened with. */
export function serialFaults(options: OptionValues): readonly OptionFault[] {
  const path = textOf(options, "path");
  if (path.startsWith("/")) return formatFaults(options);
  const message = `expected an absolute path, got "${path}"`;
  return [{ option: "path", message, hint: `Did you mean "/dev/${path}"?` }];
}

/** A format of characters that does not exist. */
export function formatFaults(options: OptionValues): readonly OptionFault[] {
  const name = formatName(options);
  if (FORMAT.test(name)) return [];
  const hint = "Data bits 5 to 8, parity n, e or o, stop bits 1 or 2: 8n1, 7e1, 8o2";
  return [{ option: "format", message: `"${name}" is no format of characters`, hint }];
}

function formatOf(options: OptionValues, path: string) {
  const [fault] = serialFaults(options);
  if (fault)
    throw new OobError("USAGE", `Cannot open "${path}": ${fault.message}`, {
      ...(fault.hint !== undefined && { hint: fault.hint }),
    });
  const name = formatName(options);
  const parts = FORMAT.exec(name) ?? [];
  const [, bits, parity, stop] = parts;
  const settings = {
    dataBits: Number(bits) as 5 | 6 | 7 | 8,
    parity: parity === "e" ? "even" : parity === "o" ? "odd" : "none",
    stopBits: Number(stop) as 1 | 2,
  };
  return { name, settings };
}

class SerialLink implements Link {
  readonly label: string;
  readonly bytes: AsyncIterable<Uint8Array>;
  sendBreak?: (ms: Millis) => Promise<void>;
  setLines?: (lines: { dtr?: boolean; rts?: boolean }) => Promise<void>;
  readLines?: () => Promise<ModemLines>;
  setBaud?: (baud: number) => Promise<void>;
  readonly #port: BindingPortInterface;
  readonly #context: OpenContext;
  readonly #scratch = Buffer.allocUnsafe(TTY_READ_BYTES);
  readonly #closing = new AbortController();
  #levels = { dtr: true, rts: true };
  #lowLatency = false;
  #seen: ModemLines | undefined;
  #timer: Timer | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #lost: OobError | undefined;
  #onLost: ((error: OobError) => void) | undefined;
  #listen: ((notice: LinkNotice) => void) | undefined;

  constructor(port: BindingPortInterface, label: string, context: OpenContext) {
    this.#port = port;
    this.label = label;
    this.#context = context;
    this.bytes = { [Symbol.asyncIterator]: () => ({ next: () => this.#next() }) };
  }

  /** Finds out what the medium has, and puts DTR and RTS where they were asked for. */
  async begin(dtr: string, rts: string): Promise<void> {
    const lines = await this.#port.get().catch(() => undefined);
    // A pty has no modem lines and carries no BREAK; nor has any driver that does not answer TIOCMGET.
    if (lines === undefined) return;
    this.#lowLatency = (lines as { lowLatency?: boolean }).lowLatency === true;
    // The kernel raises both at the first open, and cannot be asked for them by serialport: "keep" supposes that.
    this.#levels = { dtr: dtr !== "lower", rts: rts !== "lower" };
    if (
      (dtr === "keep" && rts === "keep") ||
      (await this.#canSet(dtr === "lower" || rts === "lower"))
    ) {
      this.sendBreak = (ms) => this.#inTurn(() => this.#break(ms));
      this.setLines = (wanted) =>
        this.#inTurn(() => {
          this.#levels = { ...this.#levels, ...wanted };
          return this.#apply(false);
        });
    }
    this.readLines = () => this.#readLines();
    this.setBaud = (baud) => this.#inTurn(() => this.#setBaud(baud));
    this.#watchLines();
  }

  /**
   * Sets the lines. false: this adapter has no BREAK (CDC-ACM says so in its descriptor), and serialport, which ends a
   * BREAK at each call, can then move no line either; as the kernel raises both, that matters only where one is to fall.
   */
  async #canSet(mustLower: boolean): Promise<boolean> {
    try {
      await this.#apply(false);
      return true;
    } catch (error) {
      if (mustLower || !(error instanceof OobError) || error.code !== "LINK_UNSUPPORTED")
        throw error;
      return false;
    }
  }

  onNotice(listen: (notice: LinkNotice) => void): void {
    this.#listen = listen;
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#lost || this.#closing.signal.aborted) throw this.#loss("the port is closed");
    await this.#port
      .write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
      .catch((cause: unknown) => {
        throw this.#lose(cause);
      });
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    this.#timer?.cancel();
    await this.#turn;
    // Afterwards it goes on by itself; the kernel gives up on unsent bytes after 30 s.
    const closed = this.#port.close().catch(() => undefined);
    const waited = new AbortController();
    const patience = this.#context.clock.sleep(CLOSE_WAIT, waited.signal).catch(() => undefined);
    await Promise.race([closed, patience]);
    waited.abort();
  }

  /** One read, handed over in the turn of the event loop in which it was made: the log's writer comes right after. */
  #next(): Promise<IteratorResult<Uint8Array>> {
    return new Promise((resolve, reject) => {
      const end = (error: OobError) => {
        this.#onLost = undefined;
        if (this.#closing.signal.aborted) resolve({ done: true, value: undefined });
        else reject(error);
      };
      if (this.#lost || this.#closing.signal.aborted) {
        end(this.#loss("the port is closed"));
        return;
      }
      this.#onLost = end;
      this.#port.read(this.#scratch, 0, this.#scratch.length).then(
        ({ bytesRead }) => resolve({ value: new Uint8Array(this.#scratch.subarray(0, bytesRead)) }),
        (cause: unknown) => end(this.#lose(cause)),
      );
    });
  }

  #lose(cause: unknown): OobError {
    this.#lost = this.#loss(messageOf(cause), cause);
    this.#onLost?.(this.#lost);
    return this.#lost;
  }

  #loss(why: string, cause?: unknown): OobError {
    return (
      this.#lost ??
      new OobError("LINK_LOST", `Lost ${this.label}: ${why}`, {
        cause,
        hint: "An adapter that was pulled out is opened again when it is back under the same name",
      })
    );
  }

  /** serialport's set() writes every line at each call, so all of them are always given. */
  async #apply(brk: boolean): Promise<void> {
    const lines = { ...this.#levels, brk, cts: false, dsr: false, lowLatency: this.#lowLatency };
    await this.#port.set(lines).catch((cause: unknown) => {
      if (!/not supported|Inappropriate ioctl/.test(messageOf(cause))) throw this.#lose(cause);
      const message = `Cannot set BREAK, DTR or RTS of ${this.label}: the adapter has no such control`;
      throw new OobError("LINK_UNSUPPORTED", message, { cause });
    });
  }

  async #break(ms: Millis): Promise<void> {
    await this.#apply(true);
    const length = Math.min(Math.max(ms, 1), MAX_BREAK);
    await this.#context.clock.sleep(length, this.#closing.signal).catch(() => undefined);
    await this.#apply(false);
  }

  async #setBaud(baud: number): Promise<void> {
    await this.#port.update({ baudRate: baud }).catch((cause: unknown) => {
      const message = `Cannot set ${this.label} to ${baud} baud: ${messageOf(cause)}`;
      throw new OobError("LINK_UNSUPPORTED", message, { cause });
    });
  }

  /** One after another: a BREAK ends before the lines move. */
  #inTurn(run: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(run);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async #readLines(): Promise<ModemLines> {
    const { cts, dsr, dcd } = await this.#port.get().catch((cause: unknown) => {
      throw this.#lose(cause);
    });
    return { cts, dsr, dcd };
  }

  /** Looks at the lines for as long as the link lives; a device that is gone shows here even if nobody reads. */
  #watchLines(): void {
    this.#timer = this.#context.clock.after(LINES_EVERY, () => {
      if (this.#closing.signal.aborted || this.#lost) return;
      this.#readLines().then(
        (lines) => {
          const was = this.#seen;
          this.#seen = lines;
          if (was?.cts !== lines.cts || was.dsr !== lines.dsr || was.dcd !== lines.dcd)
            this.#listen?.({ is: "lines", lines });
          this.#watchLines();
        },
        () => undefined,
      );
    });
  }
}
