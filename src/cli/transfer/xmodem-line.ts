import { XmodemReceiver } from "../../codec/xmodem-receiver.ts";
import { XmodemSender } from "../../codec/xmodem-sender.ts";
import { concatBytes, utf8 } from "../../lib/bytes.ts";
import type { Millis } from "../../lib/clock.ts";
import { OobError } from "../../lib/errors.ts";
import { MAX_FILE_BYTES } from "../../sdk/shell/get-file.ts";
import { HostLine } from "../host-line.ts";
import type { Around, ShellWish } from "./shell-line.ts";

/** How a block protocol is begun. */
export interface BlockWish extends ShellWish {
  /** YMODEM: name and size go before the file. */
  readonly batch: boolean;
  /** Typed first, with Enter: "loady 0x42000000". */
  readonly start: string | undefined;
}

/** What came. `whole`: the host said how long it is, so nothing was filled up. */
export interface GotBlocks {
  readonly bytes: Uint8Array;
  readonly whole: boolean;
}

/** Sends a file to whatever receives XMODEM or YMODEM at the console. */
export async function sendBlocks(
  around: Around,
  wish: BlockWish,
  file: { readonly bytes: Uint8Array; readonly name: string; readonly long: boolean },
  progress: (bytes: number) => void,
): Promise<void> {
  const { bytes, name, long } = file;
  const sender = new XmodemSender({ bytes, long, ...(wish.batch ? { name } : {}) });
  await talk(around, wish, sender, (event) => {
    if (event.is === "progress") progress(event.bytes);
    return event.is === "failed" ? event.why : event.is === "done";
  });
}

/** Takes a file from whatever sends XMODEM or YMODEM at the console. */
export async function getBlocks(
  around: Around,
  wish: BlockWish,
  progress: (bytes: number, whole: number | undefined) => void,
): Promise<GotBlocks> {
  const receiver = new XmodemReceiver({ batch: wish.batch });
  const parts: Uint8Array[] = [];
  let size: number | undefined;
  let length = 0;
  await talk(around, wish, receiver, (event) => {
    if (event.is === "file") size = event.size;
    else if (event.is === "data") {
      length += event.bytes.length;
      if (length > MAX_FILE_BYTES) return `more than ${MAX_FILE_BYTES} bytes came`;
      parts.push(event.bytes);
      progress(length, size);
    }
    return event.is === "failed" ? event.why : event.is === "done";
  });
  return { bytes: concatBytes(parts), whole: size !== undefined };
}

/** One end of a protocol without I/O. */
interface Machine<Event> {
  readonly nextTick: Millis | undefined;
  receive(bytes: Uint8Array, now: Millis): Event[];
  tick(now: Millis): Event[];
  takeOutput(): Uint8Array;
  callOff(): void;
}

/** Runs a machine at a console until `take` says true (it is done) or why it failed. */
async function talk<Event>(
  { site, clock, signal }: Around,
  wish: BlockWish,
  machine: Machine<Event>,
  take: (event: Event) => boolean | string,
): Promise<void> {
  const { host, what, start } = wish;
  let heard: Uint8Array[] = [];
  let wake = () => {};
  const hear = (bytes: Uint8Array, replay: boolean) => {
    // What stood on the screen before was not said to us.
    if (!replay) heard.push(bytes);
    wake();
  };
  const line = await HostLine.open(site, { ...wish, filter: "raw", replayLines: 0, hear }, signal);
  const over = AbortSignal.any([signal, line.lost]);
  over.addEventListener("abort", () => wake());
  try {
    if (line.filter !== "raw") throw filtered(wish);
    if (start !== undefined) await line.write(utf8(`${start}\r`));
    for (;;) {
      const bytes = concatBytes(heard);
      heard = [];
      const now = clock.monotonic();
      const events = bytes.length > 0 ? machine.receive(bytes, now) : machine.tick(now);
      const said = events.map(take);
      const output = machine.takeOutput();
      if (output.length > 0) await line.write(output);
      const failed = said.find((one) => typeof one === "string");
      if (failed !== undefined)
        throw new OobError("TRANSFER_FAILED", `Cannot ${what} ${host}: ${failed}`, {
          hint: "The other end has to be waiting for it, or be told to by --start TEXT",
        });
      if (said.includes(true)) return;
      over.throwIfAborted();
      if (heard.length > 0) continue;
      const { nextTick = now } = machine;
      await new Promise<void>((resolve) => {
        const timer = clock.after(Math.max(0, nextTick - now), resolve);
        wake = () => {
          timer.cancel();
          resolve();
        };
      });
    }
  } finally {
    machine.callOff();
    const last = machine.takeOutput();
    if (last.length > 0) await line.write(last).catch(() => {});
    await line.leave();
  }
}

function filtered({ what, host }: ShellWish): OobError {
  return new OobError(
    "NOT_PERMITTED",
    `Cannot ${what} ${host} in blocks: the configuration lets nobody have a console's bytes unfiltered`,
    { hint: "Take --method base64 at a shell, or set sessions.filter to safe" },
  );
}
