import type { Clock } from "../../lib/clock.ts";
import type { Audit } from "../audit/audit.ts";
import { habitPath } from "./habit-file.ts";
import { HabitKeeper } from "./habit-keeper.ts";

/** The habits of a site's consoles, one file each. */
export class Habits {
  readonly #state: string;
  readonly #audit: Pick<Audit, "note">;
  readonly clock: Clock;

  constructor(state: string, clock: Clock, audit: Pick<Audit, "note">) {
    this.#state = state;
    this.clock = clock;
    this.#audit = audit;
  }

  keeperOf(host: string): HabitKeeper {
    return new HabitKeeper(habitPath(this.#state, host), (text) =>
      this.#audit.note({ host, type: "watch.habit", by: "oob", text }),
    );
  }
}
