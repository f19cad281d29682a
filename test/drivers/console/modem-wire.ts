import type { MockModem } from "../../../mocks/modem.ts";
import type { ManualClock } from "../../../src/lib/clock.ts";
import type { Link } from "../../../src/sdk/link.ts";
import type { Call, CallBook } from "../../../src/sdk/modem/calls.ts";

/** A serial line to a modem: bytes both ways, and DTR and DCD where `lines` says so. */
export function lineTo(modem: MockModem, lines: boolean): Link & { readonly dtr: boolean[] } {
  const chunks: Uint8Array[] = [];
  const dtr: boolean[] = [];
  let ended = false;
  let wake = (): void => {};
  modem.plug((bytes) => {
    chunks.push(bytes.slice());
    wake();
  });
  return {
    dtr,
    label: "/dev/ttyT0 115200 8n1",
    bytes: {
      [Symbol.asyncIterator]: () => ({
        async next() {
          while (chunks.length === 0 && !ended)
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          const value = chunks.shift();
          return value ? { done: false, value } : { done: true, value: undefined };
        },
      }),
    },
    write: async (bytes) => modem.receive(bytes),
    close: async () => {
      ended = true;
      wake();
    },
    ...(lines && {
      setLines: async (wanted) => {
        if (wanted.dtr === undefined) return;
        dtr.push(wanted.dtr);
        modem.setDtr(wanted.dtr);
      },
      readLines: async () => ({ cts: true, dsr: true, dcd: modem.carrier }),
    }),
  };
}

/** Calls kept in memory. */
export class Book implements CallBook {
  readonly calls: Call[] = [];
  readonly #clock: ManualClock;

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  recent(number: string): Promise<readonly Call[]> {
    return Promise.resolve(this.calls.filter((call) => call.number === number));
  }

  async begin(call: Pick<Call, "number" | "costPerMinute">) {
    const at = this.calls.push({ ...call, host: "h", at: this.#clock.now() }) - 1;
    const change = async (more: Partial<Call>) => {
      this.calls[at] = { ...(this.calls[at] as Call), ...more };
    };
    return {
      connected: (text: string) => change({ connectedAt: this.#clock.now(), text }),
      ended: (outcome: NonNullable<Call["outcome"]>, text: string) =>
        change({ endedAt: this.#clock.now(), outcome, text }),
    };
  }
}
