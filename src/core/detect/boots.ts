import type { Millis } from "../../lib/clock.ts";
import type { Evidence } from "../../sdk/rule.ts";
import type { Foreground } from "./foreground.ts";
import type { Slots } from "./slots.ts";

/** Boots of one kind without a sign of life between them that make a boot loop. */
const LOOP_BOOTS = 3;
/** Kernels replay their first messages when a console comes up: a second banner this early is the same boot. */
const SAME_BOOT_SECONDS = 3;
/** Loaders repeat themselves, in countdowns and one line after the other. */
const SAME_BOOT_BYTES = 2048;
/** A host that ran this long by its own clock, or since its last banner, was up whatever its console shows: no loop. */
const UP_SECONDS = 900;
const UP_MILLIS = 3_600_000;
/** An ordered shutdown says more than one thing; a kernel or initramfs that restarts the host says one. */
const ORDERED_SIGNS = 2;

/** Counts boots: three of a kind with no login or shell between them are a loop, one out of the blue is worth a note. */
export class Boots {
  #counts = new Map<string, number>();
  #ordered = 0;
  /** Rule of the last banner, while nothing but it was seen. */
  #fresh: string | undefined;
  #wasUp = false;
  #lastAt = 0;
  #lastTime: Millis = 0;

  copy(): Boots {
    const copy = new Boots();
    copy.#counts = new Map(this.#counts);
    copy.#ordered = this.#ordered;
    copy.#fresh = this.#fresh;
    copy.#wasUp = this.#wasUp;
    copy.#lastAt = this.#lastAt;
    copy.#lastTime = this.#lastTime;
    return copy;
  }

  /** A prompt came: the host was up. */
  live(): void {
    if (this.#counts.size > 0) this.#counts.clear();
    this.#fresh = undefined;
    this.#ordered = 0;
    this.#wasUp = true;
  }

  /** A loader or rescue prompt came, or the system says that it is up: the host waits, or runs; it does not loop. */
  waits(): void {
    if (this.#counts.size > 0) this.#counts.clear();
  }

  sign(evidence: Evidence): void {
    if (evidence.state !== "warning") this.#fresh = undefined;
    if (evidence.class !== "reboot") return;
    this.#ordered++;
    if (this.#ordered === ORDERED_SIGNS) this.#counts.clear();
  }

  /** Somebody cuts the power: the boot that follows has its reason. */
  expect(): void {
    this.#ordered = Math.max(1, this.#ordered);
  }

  /** Notes a boot banner. Returns what it means, or undefined where it belongs to the boot that is known. */
  banner(
    evidence: Evidence,
    stamp: number | undefined,
    clock: { readonly lastStamp: number; readonly now: Millis },
    slots: Slots,
    foreground: Foreground,
  ): Evidence | undefined {
    const { lastStamp, now } = clock;
    const again = this.#fresh === evidence.rule;
    const near = evidence.at - this.#lastAt < SAME_BOOT_BYTES;
    const early = stamp !== undefined && lastStamp < SAME_BOOT_SECONDS;
    this.#lastAt = evidence.at;
    if (again && (near || early)) return undefined;
    if (lastStamp >= UP_SECONDS || now - this.#lastTime > UP_MILLIS) this.#counts.clear();
    this.#lastTime = now;
    const count = (this.#counts.get(evidence.rule) ?? 0) + 1;
    this.#counts.set(evidence.rule, count);
    const ran = this.#wasUp || lastStamp >= SAME_BOOT_SECONDS;
    const explained =
      slots.crash ?? slots.busy ?? slots.stuck ?? (this.#ordered > 0 || foreground.restarts);
    this.#fresh = evidence.rule;
    this.#ordered = 0;
    this.#wasUp = false;
    if (count >= LOOP_BOOTS) return loop(evidence, count);
    return ran && !explained ? unexpected(evidence) : evidence;
  }
}

function loop(evidence: Evidence, count: number): Evidence {
  const means = `the host started ${count} times and never came up`;
  return { ...evidence, means, state: "stuck", class: "boot-loop", action: "recover" };
}

function unexpected(evidence: Evidence): Evidence {
  const means = "the host started again without having said why";
  return { ...evidence, means, state: "warning", class: "unexpected-reboot", action: "notify" };
}
