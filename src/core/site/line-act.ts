/** What can be done to the way to a console: ask the device on it, call, hang up. */
export type LineAct = "ask" | "dial" | "hangup";

/** A line of what goes on there. */
export interface LineEvent {
  readonly text: string;
}
