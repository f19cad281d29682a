import type { DeviceEntry } from "../../config/site-config.ts";
import { ConsoleLog } from "../../core/log/console-log.ts";
import type { GroupSync } from "../../core/log/group-sync.ts";
import type { PortListener, PortState } from "../../core/port/console-port.ts";
import { LocalPort } from "../../core/port/local-port.ts";
import type { PortLock } from "../../core/port/port-lock.ts";
import type { ReadPace } from "../../core/port/read-pace.ts";
import type { DayKeys } from "../../core/seal/day-keys.ts";
import type { SiteDevices } from "../../core/site/site-devices.ts";
import type { Clock, Millis } from "../../lib/clock.ts";
import { systemRandom } from "../../lib/random.ts";
import type { ModemLines } from "../../sdk/link.ts";
import type { KeptSite, PortFacts } from "./kept.ts";

/** Sends an event of a console to the daemon, if one listens. */
export type Tell = (head: object, bytes?: Uint8Array) => void;

interface KeptParts {
  readonly host: string;
  readonly entry: DeviceEntry;
  readonly site: KeptSite;
  readonly devices: SiteDevices;
  readonly clock: Clock;
  readonly pace: ReadPace;
  readonly sync: GroupSync;
  readonly keys: DayKeys;
  readonly tell: Tell;
}

/** A console in the keeper: its port goes on, whether a daemon follows or not. */
export class KeptConsole implements PortListener {
  readonly port: LocalPort;
  /** What it was opened by: another entry is another console. */
  readonly entry: string;
  readonly #host: string;
  readonly #tell: Tell;
  #claim: Promise<PortLock> | undefined;
  #followed = false;
  #unsealed: string | undefined;

  /** Throws LOG_UNWRITABLE. */
  constructor(parts: KeptParts) {
    const { host, entry, site, devices, clock, pace, sync, keys, tell } = parts;
    this.entry = JSON.stringify(entry);
    this.#host = host;
    this.#tell = tell;
    const { state, segmentBytes, segmentAge } = site;
    const log = new ConsoleLog({ state, host, clock, sync, segmentBytes, segmentAge, keys });
    this.port = new LocalPort({
      host,
      clock,
      random: systemRandom,
      log,
      pace,
      open: async (request) => {
        await this.#claimOnce(devices, entry);
        return devices.openLink(entry, request);
      },
    });
    this.port.start(this);
  }

  get facts(): PortFacts {
    const { state, offset, loggedAt, carriesBreak } = this.port;
    return { state, offset, carriesBreak, ...(loggedAt === undefined ? {} : { loggedAt }) };
  }

  /** Everything from there on is told: first what is there already, then what comes. */
  async follow(from: number, most: number): Promise<void> {
    const { offset, loggedAt } = this.port;
    // Both in one turn of the loop: no byte falls between what is read back and what is told.
    const missed = this.port.tail(Math.min(Math.max(0, offset - from), most));
    this.#followed = true;
    const { bytes, offset: at } = await missed;
    if (bytes.length > 0) this.#say({ is: "bytes", offset: at, at: loggedAt }, bytes);
    this.state(this.port.state);
    this.seal(this.#unsealed);
  }

  /** The daemon went away. */
  unfollow(): void {
    this.#followed = false;
    this.port.setEager(false);
  }

  /** The last bytes before an offset. */
  async tail(most: number, until: number): Promise<{ bytes: Uint8Array; offset: number }> {
    const later = Math.max(0, this.port.offset - until);
    const { bytes, offset } = await this.port.tail(most + later);
    return { bytes: bytes.subarray(0, Math.max(0, until - offset)), offset };
  }

  async stop(): Promise<void> {
    this.#followed = false;
    await this.port.stop();
    await (await this.#claim?.catch(() => undefined))?.release();
  }

  bytes(chunk: Uint8Array, offset: number, at: Millis): void {
    this.#say({ is: "bytes", offset, at }, chunk);
  }

  state(state: PortState): void {
    this.#say({ is: "state", state, carriesBreak: this.port.carriesBreak });
  }

  lines(lines: ModemLines): void {
    this.#say({ is: "lines", lines });
  }

  gap(bytes: number, why: string): void {
    this.#say({ is: "gap", bytes, why });
  }

  notice(text: string): void {
    this.#say({ is: "notice", text });
  }

  seal(why: string | undefined): void {
    this.#unsealed = why;
    this.#say({ is: "seal", why });
  }

  #say(head: object, bytes?: Uint8Array): void {
    if (this.#followed) this.#tell({ ...head, host: this.#host }, bytes);
  }

  /** Takes the device once; it stays ours while the console is closed and opened again. */
  async #claimOnce(devices: SiteDevices, entry: DeviceEntry): Promise<void> {
    this.#claim ??= devices.claim(entry);
    await this.#claim.catch((thrown: unknown) => {
      this.#claim = undefined;
      throw thrown;
    });
  }
}
