import type { ConsolePort, PortListener, PortState } from "../../core/port/console-port.ts";
import type { Millis } from "../../lib/clock.ts";
import { OobError } from "../../lib/errors.ts";
import type { ModemLines } from "../../sdk/link.ts";
import type { KeeperCall, PortFacts } from "./kept.ts";

type WithoutHost<Call> = Call extends unknown ? Omit<Call, "host"> : never;
type ConsoleCall = WithoutHost<Extract<KeeperCall, { readonly host: string }>>;

/** Asks the keeper something of one console. */
export type AskKeeper = (
  call: ConsoleCall,
  bytes?: Uint8Array,
) => Promise<{ readonly value: unknown; readonly bytes: Uint8Array | undefined }>;

/** A console's wire, held by the keeper. Bytes stand in the log before they come over to this process. */
export class KeptPort implements ConsolePort {
  readonly host: string;
  readonly #ask: AskKeeper;
  #facts: PortFacts;
  #listener: PortListener | undefined;
  #eager = false;
  #stopped = false;

  constructor(host: string, facts: PortFacts, ask: AskKeeper) {
    this.host = host;
    this.#facts = facts;
    this.#ask = ask;
  }

  get state(): PortState {
    return this.#facts.state;
  }

  get offset(): number {
    return this.#facts.offset;
  }

  get loggedAt(): Millis | undefined {
    return this.#facts.loggedAt;
  }

  get carriesBreak(): boolean {
    return this.#facts.carriesBreak;
  }

  start(listener: PortListener): void {
    if (this.#listener) throw new OobError("INTERNAL", `Cannot start ${this.host} twice`);
    this.#listener = listener;
    this.#follow();
  }

  setEager(eager: boolean): void {
    this.#eager = eager;
    this.#send({ method: "eager", eager });
  }

  retryNow(): void {
    this.#send({ method: "retry" });
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#ask({ method: "write" }, bytes);
  }

  async sendBreak(ms: Millis): Promise<void> {
    await this.#ask({ method: "break", ms });
  }

  async readLines(): Promise<ModemLines | undefined> {
    const { value } = await this.#ask({ method: "lines" });
    return value as ModemLines | undefined;
  }

  async setLines({ dtr }: { readonly dtr: boolean }): Promise<void> {
    await this.#ask({ method: "dtr", on: dtr });
  }

  mark(kind: string, text: string): void {
    this.#send({ method: "mark", kind, text });
  }

  /** Up to what this process was told: what came since is told next. */
  async tail(bytes: number): Promise<{ readonly bytes: Uint8Array; readonly offset: number }> {
    const answer = await this.#ask({ method: "tail", bytes, until: this.offset });
    return { bytes: answer.bytes ?? new Uint8Array(0), offset: Number(answer.value) };
  }

  async sync(sealed = false): Promise<void> {
    await this.#ask({ method: "sync", sealed });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#ask({ method: "stop" }).catch(() => undefined);
    this.#become({ is: "closed" });
  }

  /** What the keeper tells of this console. */
  take(head: Readonly<Record<string, unknown>>, bytes: Uint8Array | undefined): void {
    const listener = this.#listener;
    if (this.#stopped || !listener) return;
    switch (head.is) {
      case "bytes":
        if (bytes) this.#bytes(bytes, Number(head.offset), Number(head.at));
        return;
      case "state":
        this.#facts = { ...this.#facts, carriesBreak: head.carriesBreak === true };
        this.#become(head.state as PortState);
        return;
      case "lines":
        listener.lines?.(head.lines as ModemLines);
        return;
      case "gap":
        listener.gap(Number(head.bytes), String(head.why));
        return;
      case "notice":
        listener.notice?.(String(head.text));
        return;
      case "seal":
        listener.seal?.(typeof head.why === "string" ? head.why : undefined);
    }
  }

  /** The keeper ended. It is started again, and the ports are opened again. */
  lost(retryAt: Millis): void {
    const why = "the process that holds the port ended";
    if (!this.#stopped) this.#become({ is: "down", why, retryAt });
  }

  /** The keeper has the console again. */
  found(): void {
    if (this.#listener && !this.#stopped) this.#follow();
  }

  #follow(): void {
    this.#send({ method: "follow", from: this.offset });
    if (this.#eager) this.#send({ method: "eager", eager: true });
  }

  #bytes(bytes: Uint8Array, offset: number, at: Millis): void {
    this.#facts = { ...this.#facts, offset: offset + bytes.length, loggedAt: at };
    this.#listener?.bytes(bytes, offset, at);
  }

  #become(state: PortState): void {
    this.#facts = { ...this.#facts, state };
    this.#listener?.state(state);
  }

  /** What is not answered. Where the keeper is gone, `found` says all of it again but marks. */
  #send(call: ConsoleCall): void {
    this.#ask(call).catch(() => undefined);
  }
}
