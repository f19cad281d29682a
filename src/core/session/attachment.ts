import { withoutReports } from "../../codec/terminal-reports.ts";
import type { Millis } from "../../lib/clock.ts";
import { printable } from "../../lib/printable.ts";
import type { ConsolePort } from "../port/console-port.ts";
import type { AttachEvent, Attachment } from "../site/site.ts";
import type { LeaveHow, SessionView } from "../site/who.ts";
import type { Guest } from "./guest.ts";
import type { People } from "./people.ts";
import type { SeatMode } from "./seat.ts";

/** A BREAK is never shorter: hosts want a quarter of a second. */
const SHORTEST_BREAK: Millis = 100;
const LONGEST_NOTE = 500;

interface AttachmentParts {
  /** What the person's terminal answers by itself goes to the host too. */
  readonly passReports: boolean;
  readonly guest: Guest;
  readonly people: People;
  readonly port: ConsolePort;
  /** A BREAK of automation waits for its key: what a person types now would be taken for that. */
  readonly disarmed: () => Promise<void> | undefined;
  readonly breakMs: Millis;
  /** The seat typed this: its echo is no evidence. */
  readonly typed: (bytes: Uint8Array) => void;
  /** Into the audit trail. */
  readonly note: (type: string, text: string, data: Readonly<Record<string, unknown>>) => void;
  readonly left: () => void;
}

/** One person's hands at a console. What is typed is counted, never logged: passwords are typed here. */
export class SessionAttachment implements Attachment {
  readonly events: AsyncIterable<AttachEvent>;
  readonly #parts: AttachmentParts;
  #here = true;

  constructor(parts: AttachmentParts) {
    this.#parts = parts;
    this.events = this.#untilLeft();
  }

  async write(given: Uint8Array): Promise<void> {
    const { people, guest, port, typed, passReports } = this.#parts;
    // A client of ours has taken them out already; one that did not must not type into a boot loader.
    const bytes = passReports ? given : withoutReports(given);
    if (bytes.length === 0) return;
    people.typing(guest, bytes.length);
    typed(bytes);
    await this.#untilDisarmed();
    await port.write(bytes);
  }

  async sendBreak(ms?: Millis): Promise<void> {
    const { people, guest, port, breakMs, note } = this.#parts;
    people.typing(guest, 0);
    const lasts = Math.max(SHORTEST_BREAK, Math.min(ms ?? breakMs, breakMs));
    await this.#untilDisarmed();
    await port.sendBreak(lasts);
    note("session.break", `${guest.place.who} sent BREAK for ${lasts} ms`, { ms: lasts });
  }

  async setMode(mode: SeatMode, reason: string): Promise<void> {
    const { people, guest } = this.#parts;
    if (this.#here) people.ask(guest, mode, reason);
  }

  async repaint(lines = 0): Promise<void> {
    await this.#parts.guest.viewer.paint({ history: lines, again: true });
  }

  async note(text: string): Promise<void> {
    const { guest, port, note } = this.#parts;
    const safe = printable(text, LONGEST_NOTE);
    port.mark("note", `${guest.place.who}: ${safe}`);
    note("session.note", `${guest.place.who}: ${safe}`, {});
  }

  async message(text: string): Promise<readonly SessionView[]> {
    const { guest, people } = this.#parts;
    return people.say(guest.place.who, text, { but: guest });
  }

  async reopen(): Promise<void> {
    this.#parts.port.retryNow();
  }

  async leave(how: LeaveHow = "left"): Promise<void> {
    if (!this.#here) return;
    this.#here = false;
    const { people, guest, left } = this.#parts;
    guest.viewer.close();
    people.leave(guest, how);
    left();
  }

  /** Throws SEAT_TAKEN where another person took the seat meanwhile. */
  async #untilDisarmed(): Promise<void> {
    const { people, guest, disarmed } = this.#parts;
    for (let armed = disarmed(); armed; armed = disarmed()) {
      await armed;
      people.typing(guest, 0);
    }
  }

  /** A reader that goes away has left. */
  async *#untilLeft(): AsyncGenerator<AttachEvent, void, void> {
    try {
      yield* this.#parts.guest.viewer.events();
    } finally {
      await this.leave();
    }
  }
}
