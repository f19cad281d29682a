import type { Millis } from "../../lib/clock.ts";
import type { Severity } from "../../sdk/notify/alert.ts";
import type { AnchorStatus } from "../anchor/anchor-view.ts";

export type { AnchorStatus } from "../anchor/anchor-view.ts";

/** A channel of alerts, as it stands. Times are Unix ms. */
export interface ChannelStatus {
  readonly channel: string;
  readonly driver: string;
  readonly severity: Severity;
  /** "down": it took nothing for a while, and tries again. */
  readonly state: "ok" | "failing" | "down" | "unused";
  readonly waiting: number;
  readonly sent: number;
  readonly lastSentAt?: Millis;
  /** Since when nothing goes through, and why. */
  readonly failingSince?: Millis;
  readonly why?: string;
  readonly hint?: string;
}

/** What a test of a channel came to. */
export interface ChannelTest {
  readonly channel: string;
  readonly driver: string;
  readonly result: "done" | "failed";
  /** What the other side said, or what went wrong. */
  readonly text: string;
  readonly tookMs: Millis;
  readonly error?: { readonly code: string; readonly hint?: string };
}

/** What can be asked of the ways out of a site: channels of alerts, and anchors of its logs. */
export interface ChannelDoors {
  anchors(): Promise<readonly AnchorStatus[]>;
  channels(): Promise<readonly ChannelStatus[]>;
  /** Sends a test through these channels, or all, at once; the result of each as it comes. */
  testChannels(channels: readonly string[]): AsyncIterable<ChannelTest>;
}
