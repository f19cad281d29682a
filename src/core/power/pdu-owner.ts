import { OobError } from "../../lib/errors.ts";

/** A lock on a device that other processes of this machine see. */
export interface OwnedDevice {
  release(): Promise<void>;
}

/**
 * One process at a time switches the outlets of a PDU. All acts of this process share its lock: the first takes it, the
 * last gives it back.
 */
export class PduOwner {
  readonly #name: string;
  readonly #take: () => Promise<OwnedDevice>;
  #lock: Promise<OwnedDevice> | undefined;
  #holders = 0;
  #left: Promise<void> = Promise.resolve();

  constructor(name: string, take: () => Promise<OwnedDevice>) {
    this.#name = name;
    this.#take = take;
  }

  /** Returns the way to give it back. Throws PORT_BUSY with the owner's name where another process switches. */
  async hold(): Promise<() => Promise<void>> {
    this.#holders++;
    this.#lock ??= this.#left.then(this.#take);
    const lock = this.#lock;
    try {
      await lock;
    } catch (thrown) {
      this.#holders--;
      if (this.#lock === lock) this.#lock = undefined;
      throw this.#inWords(thrown);
    }
    let held = true;
    return async () => {
      if (!held) return;
      held = false;
      await this.#giveBack();
    };
  }

  async #giveBack(): Promise<void> {
    this.#holders--;
    if (this.#holders > 0) return;
    const lock = this.#lock;
    this.#lock = undefined;
    this.#left = Promise.resolve(lock?.then((one) => one.release())).catch(() => undefined);
    await this.#left;
  }

  #inWords(thrown: unknown): unknown {
    if (!(thrown instanceof OobError) || thrown.code !== "PORT_BUSY") return thrown;
    // "Cannot use "…": "oob serve" (pid 12) has it"
    const who = /": (.*) has it$/.exec(thrown.message)?.[1] ?? thrown.message;
    const text = `Cannot switch outlets of ${this.#name}: ${who} is switching there`;
    const hint = "Wait until it is done, or let the daemon do it: one process at a time";
    return new OobError("PORT_BUSY", text, { cause: thrown, hint });
  }
}
