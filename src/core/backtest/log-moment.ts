import type { Millis } from "../../lib/clock.ts";

/** Something that a log tells, in its order. `at`: Unix ms, known or assumed. */
export type LogMoment =
  /** `offset`: where the first byte stands in the log, as its reader counts. */
  | {
      readonly is: "bytes";
      readonly at: Millis;
      readonly bytes: Uint8Array;
      readonly offset: number;
    }
  | { readonly is: "link"; readonly at: Millis; readonly up: boolean; readonly text: string }
  | { readonly is: "gap"; readonly at: Millis; readonly text: string }
  | { readonly is: "person"; readonly at: Millis; readonly who: string; readonly came: boolean }
  /** Somebody switched the host's power, through oob. */
  | { readonly is: "power"; readonly at: Millis; readonly text: string }
  /** The console was watched until now at least, and nothing came. */
  | { readonly is: "time"; readonly at: Millis };

/** A log that can be played. */
export interface PlayableLog {
  readonly name: string;
  readonly path: string;
  readonly format: "oob" | "conserver" | "conman" | "raw";
  /** How its times are known, for people. */
  readonly times: string;
  /** Host of the configuration whose log it is. */
  readonly host?: string;
  moments(): AsyncIterable<LogMoment>;
}
