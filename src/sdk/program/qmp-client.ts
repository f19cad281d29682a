import { createConnection, type Socket } from "node:net";
import { QmpCodec, type QmpEvent } from "../../codec/qmp.ts";
import type { Clock, Millis } from "../../lib/clock.ts";
import { formatDuration } from "../../lib/durations.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";

/** A machine's QMP socket. It takes one client at a time. */
export interface QmpAddress {
  readonly label: string;
  readonly where: { readonly path: string } | { readonly host: string; readonly port: number };
  readonly timeout: Millis;
}

/** Asks the machine one thing; throws what it answered as error. */
export type QmpAsk = (command: string, parameters?: Record<string, unknown>) => Promise<unknown>;

/**
 * A connection for the time of `work`: greeting, capabilities, then one command after the other. Throws PDU_SILENT, and
 * PDU_REFUSED with the machine's words.
 */
export async function withQmp<T>(
  machine: QmpAddress,
  clock: Clock,
  work: (ask: QmpAsk) => Promise<T>,
): Promise<T> {
  const connection = new Connection(machine, clock);
  try {
    await connection.reply("ready");
    return await work((command, parameters) => connection.execute(command, parameters));
  } finally {
    connection.close();
  }
}

/** One client's time at the socket. One command at a time; events between are passed over. */
class Connection {
  readonly #machine: QmpAddress;
  readonly #clock: Clock;
  readonly #codec = new QmpCodec();
  readonly #socket: Socket;
  #waiting:
    | { readonly for: number | "ready"; settle(reply: QmpEvent | OobError): void }
    | undefined;
  #failed: OobError | undefined;

  constructor(machine: QmpAddress, clock: Clock) {
    this.#machine = machine;
    this.#clock = clock;
    this.#socket = createConnection(machine.where);
    this.#socket.on("data", (bytes) => this.#received(bytes));
    this.#socket.on("error", (cause) => this.#fail(lost(machine, messageOf(cause), cause)));
    this.#socket.on("close", () => this.#fail(lost(machine, "it hung up")));
  }

  async execute(command: string, parameters?: Record<string, unknown>): Promise<unknown> {
    const id = this.#codec.execute(command, parameters);
    this.#socket.write(this.#codec.takeOutput());
    const reply = await this.reply(id);
    if (reply.is === "return") return reply.value;
    const said = reply.is === "error" ? printable(reply.description, 200) : "nothing";
    const text = `Cannot do "${command}" on ${this.#machine.label}: QEMU says "${said}"`;
    throw new OobError("PDU_REFUSED", text);
  }

  /** The reply to a command, or `ready` after the greeting; throws PDU_SILENT when it does not come in time. */
  async reply(wanted: number | "ready"): Promise<QmpEvent> {
    const { label, timeout } = this.#machine;
    const reply = await new Promise<QmpEvent | OobError>((resolve) => {
      if (this.#failed) {
        resolve(this.#failed);
        return;
      }
      const timer = this.#clock.after(timeout, () => {
        const text = `Cannot talk to the machine at ${label}: no answer within ${formatDuration(timeout)}`;
        const hint = "QEMU answers one client at a time; another one may have the socket";
        settle(new OobError("PDU_SILENT", text, { hint }));
      });
      const settle = (seen: QmpEvent | OobError) => {
        timer.cancel();
        this.#waiting = undefined;
        resolve(seen);
      };
      this.#waiting = { for: wanted, settle };
    });
    if (reply instanceof OobError) throw reply;
    return reply;
  }

  close(): void {
    this.#socket.destroy();
  }

  #received(bytes: Uint8Array): void {
    for (const event of this.#codec.receive(bytes)) {
      const id = event.is === "return" || event.is === "error" ? event.id : event.is;
      if (this.#waiting?.for === id) this.#waiting?.settle(event);
    }
    const output = this.#codec.takeOutput();
    if (output.length > 0) this.#socket.write(output);
  }

  #fail(error: OobError): void {
    this.#failed ??= error;
    this.#waiting?.settle(error);
  }
}

function lost({ label }: QmpAddress, why: string, cause?: unknown): OobError {
  const text = `Cannot talk to the machine at ${label}: ${why}`;
  return new OobError("PDU_SILENT", text, {
    cause,
    hint: "Does QEMU run, with -qmp at this place?",
  });
}
