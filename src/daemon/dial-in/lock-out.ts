import { readFileSync } from "node:fs";
import type { Clock, Millis } from "../../lib/clock.ts";
import { hours, minutes } from "../../lib/durations.ts";
import { replaceFile } from "../../lib/replace-file.ts";

/** After the first call without the passphrase nobody is answered for so long; doubles with each further one. */
const FIRST: Millis = minutes(1);
/** Longer would let whoever knows the number keep the administrators out for good. */
const LONGEST: Millis = hours(1);

interface Kept {
  readonly failures: number;
  /** Unix ms. */
  readonly until: Millis;
}

/**
 * How long a modem answers nobody, after calls that did not know the passphrase. Kept on disk: making the daemon
 * restart gains nothing. A wall clock that jumps makes no lock-out longer than it was.
 */
export class LockOut {
  readonly #file: string;
  readonly #clock: Clock;
  #kept: Kept;

  constructor(file: string, clock: Clock) {
    this.#file = file;
    this.#clock = clock;
    this.#kept = read(file);
  }

  /** Time that is left, 0 where the modem answers. */
  get left(): Millis {
    const { failures, until } = this.#kept;
    return Math.max(0, Math.min(until - this.#clock.now(), lengthOf(failures)));
  }

  /** A call did not get past the passphrase. It counts also where it cannot be written down: then this throws. */
  failed(): void {
    const failures = this.#kept.failures + 1;
    this.#keep({ failures, until: this.#clock.now() + lengthOf(failures) });
  }

  /** A caller knew the passphrase. */
  passed(): void {
    if (this.#kept.failures > 0) this.#keep({ failures: 0, until: 0 });
  }

  #keep(kept: Kept): void {
    this.#kept = kept;
    replaceFile(this.#file, `${JSON.stringify(kept)}\n`);
  }
}

const lengthOf = (failures: number): Millis =>
  failures === 0 ? 0 : Math.min(LONGEST, FIRST * 2 ** Math.min(failures - 1, 20));

/** A file that cannot be read may have held anything: as after a first failure a while ago. */
const DOUBT: Kept = { failures: 1, until: 0 };

function read(file: string): Kept {
  try {
    const { failures, until } = JSON.parse(readFileSync(file, "utf8")) as Partial<Kept>;
    return Number.isSafeInteger(failures) && Number.isFinite(until)
      ? { failures: Math.max(0, failures ?? 0), until: until ?? 0 }
      : DOUBT;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === "ENOENT" ? { failures: 0, until: 0 } : DOUBT;
  }
}
