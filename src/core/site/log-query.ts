import type { Millis } from "../../lib/clock.ts";

/** Which part of a console's log. Times are Unix ms. */
export interface LogQuery {
  readonly host: string;
  readonly since?: Millis;
  readonly until?: Millis;
  readonly grep?: string;
  /** `grep` is a text, not a pattern. */
  readonly fixed?: boolean;
  readonly ignoreCase?: boolean;
  readonly context?: number;
  readonly last?: number;
  readonly follow: boolean;
  readonly raw: boolean;
}

/** A line of the log with its time of arrival, or a mark, or (raw) bytes as base64 over the wire. */
export type LogRecord =
  | {
      readonly is: "line";
      readonly at: Millis;
      readonly offset: number;
      readonly text: string;
      readonly hit?: boolean;
    }
  | {
      readonly is: "mark";
      readonly at: Millis;
      readonly offset: number;
      readonly kind: string;
      readonly text: string;
    }
  | { readonly is: "raw"; readonly bytes: Uint8Array };
