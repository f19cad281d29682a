import type { Millis } from "../../lib/clock.ts";
import type { RunEvent } from "./run-doors.ts";

/** What one person wants of a `two-person` host, and a second one has not approved yet. Times are Unix ms. */
export interface IntentView {
  /** Its number in the audit trail: never given twice. */
  readonly id: number;
  readonly by: string;
  /** All that it is about, also those that one person alone could switch. */
  readonly hosts: readonly string[];
  /** As it would be typed, with everything that decides what is done. */
  readonly command: string;
  readonly reason: string;
  readonly at: Millis;
  readonly until: Millis;
}

/** What a site tells and takes of intents. Without a daemon there are none. */
export interface IntentDoors<PowerEvent> {
  intents(): Promise<readonly IntentView[]>;
  /**
   * A second person's yes: it is done now, once, as it was asked for. `confirm`: the name of the host, or how many they
   * are. Leaving the loop leaves what was begun as leaving `power` or `run` does.
   */
  approveIntent(id: number, confirm?: string): AsyncIterable<PowerEvent | RunEvent>;
  /** No, or not any more. */
  withdrawIntent(id: number, reason: string): Promise<IntentView>;
}
