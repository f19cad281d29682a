import type { Socket } from "node:net";
import { plainUuid, type VmwareEvent, VmwareTelnetCodec } from "../../codec/vmware-telnet.ts";
import { printable } from "../../lib/printable.ts";

/** Which virtual serial port a console is: by vCenter's or the BIOS's UUID, or by name, and of several ports by URI. */
export interface VspcPort {
  readonly uuid?: string;
  readonly name?: string;
  readonly service?: string;
}

/** What a machine may tell before we take its bytes, at most. */
export const MAX_EARLY_BYTES = 64 * 1024;

/** An event that is not data. */
export type VspcControl = Exclude<VmwareEvent, { readonly is: "data" }>;

/** One TCP connection of a virtual serial port: who it says it is, and its bytes in order. */
export class VspcConnection {
  readonly codec = new VmwareTelnetCodec();
  /** "10.9.0.4:49152" */
  readonly from: string;
  readonly #socket: Socket;
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #uuids = new Set<string>();
  #early: Uint8Array[] = [];
  #earlyBytes = 0;
  #name: string | undefined;
  #proxy: { readonly direction: string; readonly uri: string } | undefined;
  #ended = false;
  #answered = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.from = `${socket.remoteAddress ?? "?"}:${socket.remotePort ?? 0}`;
    // What breaks a connection shows in the reading.
    socket.on("error", () => undefined);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 30_000);
    this.#chunks = socket.iterator({ destroyOnReturn: false }) as AsyncIterator<Uint8Array>;
    this.flush();
  }

  get isEnded(): boolean {
    return this.#ended;
  }

  /** Its proxy request was answered. */
  get isAnswered(): boolean {
    return this.#answered;
  }

  answerProxy(will: boolean): void {
    this.#answered = true;
    this.codec.answerProxy(will);
    this.flush();
  }

  /** What it asked of us, once it did. */
  get proxy(): { readonly direction: string; readonly uri: string } | undefined {
    return this.#proxy;
  }

  /** It has said who it is. */
  get isKnown(): boolean {
    return this.#uuids.size > 0 || this.#name !== undefined;
  }

  /** For people: name and UUID as told, and where it comes from. Hostile, made printable. */
  get description(): string {
    const name = this.#name === undefined ? "a machine" : `"${printable(this.#name, 80)}"`;
    const [uuid] = this.#uuids;
    return `${name}${uuid === undefined ? "" : ` (${uuid})`} from ${this.from}`;
  }

  /** Whether it is this port. A UUID decides where one is configured; the name is the guest's owner's to choose. */
  matches(port: VspcPort): boolean {
    if (port.service !== undefined && port.service !== this.#proxy?.uri) return false;
    if (port.uuid !== undefined) return this.#uuids.has(plainUuid(port.uuid) ?? "");
    return port.name !== undefined && port.name === this.#name;
  }

  /** Data that came before somebody wanted it; emptied. */
  takeEarly(): Uint8Array[] {
    const early = this.#early;
    this.#early = [];
    this.#earlyBytes = 0;
    return early;
  }

  /** One read whose data is kept for `takeEarly`; false at the end, and where that is too much. */
  async pullEarly(onControl: (event: VspcControl) => void): Promise<boolean> {
    const keep = (bytes: Uint8Array) => {
      this.#early.push(bytes);
      this.#earlyBytes += bytes.length;
    };
    return (await this.#pull(onControl, keep)) && this.#earlyBytes <= MAX_EARLY_BYTES;
  }

  /** What one read brought: data, possibly empty; undefined at the end. `onControl` hears of the rest. */
  async pull(onControl: (event: VspcControl) => void): Promise<Uint8Array[] | undefined> {
    const data: Uint8Array[] = [];
    return (await this.#pull(onControl, (bytes) => data.push(bytes))) ? data : undefined;
  }

  async #pull(
    onControl: (event: VspcControl) => void,
    onData: (bytes: Uint8Array) => void,
  ): Promise<boolean> {
    const { done, value } = await this.#chunks
      .next()
      .catch(() => ({ done: true, value: undefined }) as const);
    if (done || value === undefined) {
      this.#ended = true;
      this.#socket.destroy();
      return false;
    }
    for (const event of this.codec.receive(Uint8Array.from(value))) {
      if (event.is === "data") onData(event.bytes);
      else {
        this.#learn(event);
        onControl(event);
      }
    }
    this.flush();
    return true;
  }

  /** Sends what the protocol wants sent. */
  flush(): void {
    const output = this.codec.takeOutput();
    if (output.length > 0 && this.#socket.writable) this.#socket.write(output);
  }

  /** Resolves when the kernel has taken the bytes; false where the connection is gone. */
  write(bytes: Uint8Array): Promise<boolean> {
    return new Promise((resolve) => {
      if (!this.#socket.writable) resolve(false);
      else
        this.#socket.write(this.codec.encode(bytes), (error) =>
          resolve(!error && !this.#socket.destroyed),
        );
    });
  }

  /** Says that nothing more comes from us; the machine's side ends then, after its last byte. */
  end(): void {
    if (this.#socket.writable) this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #learn(event: VspcControl): void {
    if (event.is === "uuid" && event.of !== "location" && this.#uuids.size < 2)
      this.#uuids.add(event.uuid);
    else if (event.is === "name") this.#name ??= event.name;
    else if (event.is === "proxy") this.#proxy ??= { direction: event.direction, uri: event.uri };
  }
}
