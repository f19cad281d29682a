/** What stands at the watchdog's seams while a log is played: a console, outlets and an audit trail that are imagined. */
import type { HostEntry } from "../../config/site-config.ts";
import type { Clock, Millis } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";
import type { Audit } from "../audit/audit.ts";
import type { ConsolePort, PortListener, PortState } from "../port/console-port.ts";
import type { SiteEvent } from "../site/site.ts";
import type { WatchdogParts } from "../watchdog/watchdog-parts.ts";

/** The host behind the log. */
export interface ImaginedHost {
  /** What it says to what is typed, and how much later; undefined: nothing. */
  answers?(typed: Uint8Array): { readonly bytes: Uint8Array; readonly after: Millis } | undefined;
  /** Its power was off, and is back. */
  powered?(): void;
}

/** More than the lines that decisions look at; each heartbeat of a host at work reads all of it. */
const TAIL_BYTES = 16 << 10;
const OFF_AND_ON: Millis = seconds(10);

/** A console that prints what it is told to print. */
export class ImaginedPort implements ConsolePort {
  readonly host: string;
  readonly carriesBreak = false;
  readonly loggedAt = undefined;
  state: PortState = { is: "closed" };
  offset = 0;
  readonly #clock: Clock;
  readonly #behind: ImaginedHost;
  #tail: Uint8Array[] = [];
  #held = 0;
  #listener: PortListener | undefined;

  constructor(host: string, clock: Clock, behind: ImaginedHost) {
    this.host = host;
    this.#clock = clock;
    this.#behind = behind;
  }

  start(listener: PortListener): void {
    this.#listener = listener;
    this.link(true, "played");
  }

  link(up: boolean, text: string): void {
    if (up === (this.state.is === "up")) return;
    const now = this.#clock.now();
    this.state = up
      ? { is: "up", label: text, since: now }
      : { is: "down", why: text, retryAt: now };
    this.#listener?.state(this.state);
  }

  gap(text: string): void {
    this.#listener?.gap(0, text);
  }

  prints(bytes: Uint8Array): void {
    const at = this.offset;
    this.offset += bytes.length;
    this.#tail.push(bytes);
    this.#held += bytes.length;
    while (this.#held - (this.#tail[0]?.length ?? 0) >= TAIL_BYTES)
      this.#held -= this.#tail.shift()?.length ?? 0;
    this.#listener?.bytes(bytes, at, this.#clock.now());
  }

  write(bytes: Uint8Array): Promise<void> {
    const answer = this.#behind.answers?.(bytes);
    if (answer) this.#clock.after(answer.after, () => this.prints(answer.bytes));
    return Promise.resolve();
  }

  tail(bytes: number) {
    const last = Buffer.concat(this.#tail).subarray(-bytes);
    return Promise.resolve({ bytes: last, offset: this.offset - last.length });
  }

  setEager(): void {}
  retryNow(): void {}
  mark(): void {}
  sendBreak = () => Promise.resolve();
  readLines = () => Promise.resolve(undefined);
  setLines = () => Promise.resolve();
  sync = () => Promise.resolve();
  stop = () => Promise.resolve();
}

/** Tells each event to one listener and forgets it. */
export class ToldTrail implements Audit {
  readonly writable = true;
  readonly #clock: Clock;
  readonly #tell: (event: SiteEvent) => void;
  #seq = 0;

  constructor(clock: Clock, tell: (event: SiteEvent) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  note: Audit["note"] = (event) => {
    const noted = { ...event, seq: this.#seq++, at: this.#clock.now() };
    this.#tell(noted);
    return noted;
  };
  commit: Audit["commit"] = (event) => Promise.resolve(this.note(event));
  async *read(): AsyncIterable<SiteEvent> {}
  close = () => Promise.resolve();
}

/** Outlets that are on, and do what they are told. */
export class ImaginedPower implements Readonly<WatchdogParts["power"]> {
  readonly #clock: Clock;
  readonly #behind: ImaginedHost;

  constructor(clock: Clock, behind: ImaginedHost) {
    this.#clock = clock;
    this.#behind = behind;
  }

  readHost({ outlets }: HostEntry) {
    const readAt = this.#clock.now();
    const read = outlets.map(
      ({ pdu, reference }) =>
        ({ id: `${pdu}/${reference}`, state: "on", pending: false, readAt }) as const,
    );
    return Promise.resolve({ power: "on" as const, outlets: read });
  }

  outletKeys() {
    return Promise.resolve(new Map<string, string>());
  }

  async switchHost(...[host, verb, , , signal]: Parameters<WatchdogParts["power"]["switchHost"]>) {
    // Who answers nothing does not go down for its button either.
    if (verb === "soft") return { ...(await this.readHost(host)), result: "failed" as const };
    if (signal?.aborted) return { ...(await this.readHost(host)), result: "refused" as const };
    await this.#clock.sleep(OFF_AND_ON);
    this.#behind.powered?.();
    return { ...(await this.readHost(host)), result: "done" as const };
  }
}
