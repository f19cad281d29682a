import type { AttachEvent, Attachment, AttachRequest } from "../core/site/site.ts";
import type { LeaveHow } from "../core/site/who.ts";
import type { Millis } from "../lib/clock.ts";
import type { Grants, Verb } from "./grants.ts";

/** What being at a console in this way needs. */
export const verbOf = (mode: AttachRequest["mode"]): Verb => (mode === "read" ? "spy" : "attach");

/** A place at a console, as far as one user may go there. */
export class GrantedAttachment implements Attachment {
  readonly #attachment: Attachment;
  readonly #host: string;
  readonly #grants: Grants;

  constructor(attachment: Attachment, host: string, grants: Grants) {
    this.#attachment = attachment;
    this.#host = host;
    this.#grants = grants;
  }

  get events(): AsyncIterable<AttachEvent> {
    return this.#attachment.events;
  }

  // The seat decides who may write; whoever came to read only never gets it.
  write(bytes: Uint8Array) {
    return this.#attachment.write(bytes);
  }

  sendBreak(ms?: Millis) {
    return this.#attachment.sendBreak(ms);
  }

  async setMode(mode: AttachRequest["mode"], reason: string) {
    this.#grants.demand(verbOf(mode), [this.#host]);
    return this.#attachment.setMode(mode, reason);
  }

  repaint(lines?: number) {
    return this.#attachment.repaint(lines);
  }

  message(text: string) {
    return this.#attachment.message(text);
  }

  async reopen() {
    this.#grants.demand("attach", [this.#host]);
    return this.#attachment.reopen();
  }

  note(text: string) {
    return this.#attachment.note(text);
  }

  leave(how?: LeaveHow) {
    return this.#attachment.leave(how);
  }
}
