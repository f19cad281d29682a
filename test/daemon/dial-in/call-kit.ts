import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MockModem } from "../../../mocks/modem.ts";
import type { DialInEntry } from "../../../src/config/site-config.ts";
import { DialIn } from "../../../src/daemon/dial-in/dial-in.ts";
import { LockOut } from "../../../src/daemon/dial-in/lock-out.ts";
import { ManualClock } from "../../../src/lib/clock.ts";
import { minutes, seconds } from "../../../src/lib/durations.ts";
import type { Link } from "../../../src/sdk/link.ts";
import { SiteDouble } from "../../cli/site-double.ts";
import { lineTo } from "../../drivers/console/modem-wire.ts";

export const NUMBER = "+3225550142";
export const PASSPHRASE = "correct horse battery";

/** A modem that answers calls for a site, and the caller's terminal. */
export class CallKit {
  readonly folder = mkdtempSync(join(tmpdir(), "oob-dial-in-"));
  readonly clock = new ManualClock(1_800_000_000_000);
  readonly site = new SiteDouble();
  readonly notes: string[] = [];
  modem = new MockModem(this.clock, { "025550142": "answers" });
  #dialIn: DialIn | undefined;

  /** `lines`: the way to the modem has DTR and DCD. `baud`: how fast it takes what is written; 0: at once. */
  async start(
    change: Partial<DialInEntry> = {},
    more: {
      readonly secrets?: Readonly<Record<string, string>>;
      readonly lines?: boolean;
      readonly baud?: number;
      /** How long after the caller has read it the way tells that it was written. */
      readonly toldLate?: number;
    } = {},
  ): Promise<void> {
    const { secrets = {}, lines = true, baud = 0, toldLate = 0 } = more;
    const known = { jana: PASSPHRASE, max: "another long one", ...secrets };
    this.#dialIn = new DialIn({
      entry: {
        name: "attic",
        modem: { driver: "serial", options: {} },
        init: undefined,
        callers: "any",
        people: [{ who: "jana", passphrase: { secret: "jana" } }],
        idle: minutes(5),
        carrier: "auto",
        guard: 1200,
        ...change,
      },
      clock: this.clock,
      open: async () => {
        const link = lineTo(this.modem, lines);
        const late = toldLate > 0 ? this.#toldLate(link, toldLate) : link;
        return { link: baud > 0 ? this.#slow(late, baud) : late, close: () => link.close() };
      },
      secret: async ({ secret }) =>
        Object.entries(known).find(([name]) => name === secret)?.[1] ?? "",
      siteFor: () => this.site,
      lockOut: new LockOut(join(this.folder, "attic.json"), this.clock),
      note: (type, by, text) => this.notes.push(`${type} ${by}: ${text}`),
      progress: () => {},
    });
    this.#dialIn.start();
    await this.pass(seconds(5));
  }

  async stop(): Promise<void> {
    const stopped = this.#dialIn?.stop();
    this.#dialIn = undefined;
    await this.pass(seconds(30));
    await stopped;
  }

  async end(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true });
  }

  async pass(time: number): Promise<void> {
    for (let gone = 0; gone < time; gone += 100) {
      await this.clock.advance(100);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** What the caller's terminal shows. */
  get shown(): string {
    return Buffer.from(this.modem.heard).toString("latin1");
  }

  async call(number = NUMBER): Promise<void> {
    this.modem.callIn(number);
    await this.pass(seconds(12));
  }

  /** What is shown in answer. */
  async types(text: string, wait = seconds(3)): Promise<string> {
    const before = this.modem.heard.length;
    this.modem.print(text);
    await this.pass(wait);
    return this.shown.slice(before);
  }

  #toldLate(link: Link, late: number): Link {
    const write = (bytes: Uint8Array) => link.write(bytes).then(() => this.clock.sleep(late));
    return { ...link, write };
  }

  #slow(link: Link, baud: number): Link {
    let sent: Promise<void> = Promise.resolve();
    const write = (bytes: Uint8Array) => {
      sent = sent.then(() => this.clock.sleep((bytes.length * 10_000) / baud));
      return sent.then(() => link.write(bytes));
    };
    return { ...link, write };
  }
}
