/** What a family of serial PDUs needs to talk to a client. */
import type { Millis } from "../src/lib/clock.ts";

/** What is wrong with it. May be changed at any time. */
export interface SerialPduFaults {
  /** Takes commands, says what it always says, and moves nothing. */
  ignores?: boolean;
  /** Relays move so much later. */
  lateBy?: Millis;
  refusesLogin?: boolean;
  /** Somebody else has the one session. */
  busy?: boolean;
  /** Printed before every prompt. */
  noise?: string;
  /** Hangs up after so many bytes more; a line goes dead. */
  dropsAfter?: number;
  /** Obeys for the outlet that is so much further down. */
  wrongBy?: number;
  /** Asks to confirm for the next outlet. */
  asksForAnother?: boolean;
  /** Starts anew, with its login, instead of answering the next command. */
  restarts?: "before" | "after";
  /** What it says of an outlet instead of on or off. */
  says?: Readonly<Record<string, string>>;
}

/** One outlet. */
export interface MockSocketOutlet {
  readonly id: string;
  readonly name: string;
  on: boolean;
}

/** How it behaves. */
export interface SerialPduManners {
  readonly login?: { readonly user?: string; readonly password: string };
  /** Asks before it switches. */
  readonly confirms?: boolean;
  /** Rows after which it waits for a key. */
  readonly page?: number;
  readonly locked?: readonly string[];
}

/** One session, as a family talks to it. */
export interface PduSession {
  readonly pdu: {
    readonly setup: SerialPduManners;
    readonly faults: SerialPduFaults;
    readonly outlets: readonly MockSocketOutlet[];
    outlet(id: string): MockSocketOutlet | undefined;
    /** The word of the status table. */
    wordOf(outlet: MockSocketOutlet, on: string, off: string): string;
    turn(outlet: MockSocketOutlet, on: boolean): void;
  };
  say(text: string): void;
  /** A line that is typed behind a prompt; ESC alone counts as one where the family has it. */
  line(prompt: string, echo?: boolean): Promise<string>;
  /** One key. */
  key(prompt: string): Promise<string>;
  /** Rows, with a pause after each page. */
  rows(rows: readonly string[], more: () => Promise<void>): Promise<void>;
  /** Where a command would be obeyed: it may start anew instead. */
  mayRestart(when: "before" | "after"): void;
  /** Asks for name and password; false: refused. */
  login(name: string | undefined, password: string): Promise<boolean>;
}

/** A family: its dialogue from the first byte to the end of a session. */
export interface SerialPduFamily {
  /** ESC is a key of its own. */
  readonly escapes?: boolean;
  idOf(position: number): string;
  run(session: PduSession): Promise<void>;
}

const MAX_TRIES = 3;
/** Outlets are called by their numbers. */
export const number = (position: number): string => String(position);

/** The outlet whose number the next question names. */
export function asked(session: PduSession, outlet: MockSocketOutlet): MockSocketOutlet {
  const { outlets, faults } = session.pdu;
  if (!faults.asksForAnother) return outlet;
  return outlets[(outlets.indexOf(outlet) + 1) % outlets.length] ?? outlet;
}

/** Switches, or starts anew instead. */
export function turn(session: PduSession, outlet: MockSocketOutlet, on: boolean): void {
  session.mayRestart("before");
  session.pdu.turn(outlet, on);
  session.mayRestart("after");
}

/** Three tries; false: it hangs up. */
export async function loggedIn(
  session: PduSession,
  name: string | undefined,
  password: string,
  refusal: string,
): Promise<boolean> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    if (await session.login(name, password)) return true;
    session.say(refusal);
  }
  return false;
}
