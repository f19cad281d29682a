import type { Millis } from "../../lib/clock.ts";
import type { PowerState } from "../../sdk/power.ts";
import type { LoadPoint, Spread } from "../site/load-view.ts";
import type { Draw } from "./load-book.ts";

interface Gathered {
  state: PowerState;
  readings: number;
  amps: Sum | undefined;
  watts: Sum | undefined;
}

interface Sum {
  readonly least: number;
  readonly most: number;
  readonly sum: number;
  readonly count: number;
}

/** Readings of one outlet, gathered into steps of time. */
export class LoadSteps {
  readonly #since: Millis;
  readonly #step: Millis;
  readonly #steps: (Gathered | undefined)[];

  constructor(since: Millis, step: Millis, count: number) {
    this.#since = since;
    this.#step = step;
    this.#steps = Array.from<undefined>({ length: count });
  }

  add(at: Millis, { state, amps, watts }: Draw): void {
    const i = Math.floor((at - this.#since) / this.#step);
    if (i < 0 || i >= this.#steps.length) return;
    const known = this.#steps[i] ?? { state, readings: 0, amps: undefined, watts: undefined };
    this.#steps[i] = {
      state,
      readings: known.readings + 1,
      amps: added(known.amps, amps),
      watts: added(known.watts, watts),
    };
  }

  /** Steps in which something was read. */
  points(): LoadPoint[] {
    return this.#steps.flatMap((one, i) => {
      if (one === undefined) return [];
      const { state, readings, amps, watts } = one;
      return [
        {
          at: this.#since + i * this.#step,
          ...{ readings, state },
          ...(amps && { amps: spreadOf(amps) }),
          ...(watts && { watts: spreadOf(watts) }),
        },
      ];
    });
  }
}

function added(sum: Sum | undefined, value: number | undefined): Sum | undefined {
  if (value === undefined) return sum;
  if (sum === undefined) return { least: value, most: value, sum: value, count: 1 };
  return {
    least: Math.min(sum.least, value),
    most: Math.max(sum.most, value),
    sum: sum.sum + value,
    count: sum.count + 1,
  };
}

const spreadOf = ({ least, most, sum, count }: Sum): Spread => ({
  least,
  mean: Math.round((sum / count) * 1000) / 1000,
  most,
});
