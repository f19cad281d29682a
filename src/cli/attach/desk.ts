import type { EscapeProfile } from "../../codec/escape-profile.ts";
import type { Attachment, SeatView, Site } from "../../core/site/site.ts";
import type { Millis } from "../../lib/clock.ts";

/** What the keys of the escape menu work with: a person's place at one console. */
export interface Desk {
  readonly host: string;
  readonly site: Site;
  readonly attachment: Attachment;
  readonly escape: EscapeProfile;
  readonly seat: SeatView;
  readonly size: { readonly columns: number; readonly rows: number };
  /** A line of ours between the host's. */
  say(text: string): void;
  /** Asks; host output waits meanwhile. `single`: one key is the answer. undefined: called off. */
  ask(question: string, options?: { readonly single?: boolean }): Promise<string | undefined>;
  /** Types to the host, if this person writes. */
  type(bytes: Uint8Array): Promise<void>;
  pause(time: Millis): Promise<void>;
  leave(): void;
}
