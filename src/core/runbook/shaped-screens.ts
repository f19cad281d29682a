import type { Clock } from "../../lib/clock.ts";
import type { ScreenShape, ScreenText } from "../../sdk/screen-menu.ts";
import { ScreenKeeper } from "../session/screen-keeper.ts";
import type { WatchedConsole } from "../session/watched-console.ts";

/** A runbook looks at its console in one shape, or two; never in many. */
const MAX_SHAPES = 4;
const MAX_ROWS = 100;
const MAX_COLUMNS = 200;

/** A console as terminals of other sizes show it, for the length of one run. */
export class ShapedScreens {
  readonly #console: WatchedConsole;
  readonly #clock: Clock;
  readonly #keepers = new Map<string, ScreenKeeper>();
  /** Offset of what is shown: what was said before the host went down is not. */
  #from = 0;
  #life = 0;
  #closed = false;

  constructor(console: WatchedConsole, clock: Clock) {
    this.#console = console;
    this.#clock = clock;
  }

  /** Bytes of the host. */
  feed(chunk: Uint8Array): void {
    for (const keeper of this.#keepers.values()) keeper.feed(chunk);
  }

  async read(shape: ScreenShape): Promise<ScreenText> {
    const { host } = this.#console;
    for (;;) {
      const life = this.#life;
      const bytes = Math.max(0, this.#console.offset - this.#from);
      try {
        return await this.#keeper(shape).read((screen) => ({
          ...screen.shot(host),
          inks: screen.inks(),
          bytes,
        }));
      } catch (thrown) {
        // The host went down while it was looked at: what is there now is another screen.
        if (life === this.#life || this.#closed) throw thrown;
      }
    }
  }

  /** The host goes down: screens begin empty. */
  forget(): void {
    this.#from = this.#console.offset;
    this.#life++;
    this.#end();
  }

  close(): void {
    this.#closed = true;
    this.#end();
  }

  #end(): void {
    for (const keeper of this.#keepers.values()) keeper.close();
    this.#keepers.clear();
  }

  async #tail(most: number): ReturnType<WatchedConsole["tail"]> {
    const { bytes, offset } = await this.#console.tail(most);
    const past = Math.min(bytes.length, Math.max(0, this.#from - offset));
    return { bytes: bytes.subarray(past), offset: offset + past };
  }

  #keeper({ rows, columns, encoding }: ScreenShape): ScreenKeeper {
    const size = {
      rows: Math.max(2, Math.min(rows, MAX_ROWS)),
      columns: Math.max(2, Math.min(columns, MAX_COLUMNS)),
    };
    const name = `${size.columns}x${size.rows} ${encoding}`;
    let keeper = this.#keepers.get(name);
    if (keeper) return keeper;
    const [oldest] = this.#keepers;
    if (oldest && this.#keepers.size >= MAX_SHAPES) {
      oldest[1].close();
      this.#keepers.delete(oldest[0]);
    }
    keeper = new ScreenKeeper({
      clock: this.#clock,
      encoding,
      size,
      offset: () => this.#console.offset,
      tail: (bytes) => this.#tail(bytes),
    });
    this.#keepers.set(name, keeper);
    return keeper;
  }
}
