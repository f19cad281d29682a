/**
 * Two people for one act. The first one's wish is kept here, in the daemon's memory alone: a restart drops it, and what
 * was dropped, withdrawn or has expired is never done. Whoever approves takes it out before anything is waited for, so
 * that of two who approve at once one gets it.
 */
import type { Audit } from "../core/audit/audit.ts";
import type { IntentView } from "../core/site/intent-doors.ts";
import type { Clock, Millis, Timer } from "../lib/clock.ts";
import { OobError } from "../lib/errors.ts";
import { printable } from "../lib/printable.ts";

/** Who speaks at a socket. */
export interface Person {
  readonly name: string;
  readonly uid: number;
  /** root, or the user of the daemon: whoever may become that is two people already. */
  readonly isNobody: boolean;
}

/** What is wanted; `act` begins it, and is called once at most. */
export interface Wanted<Act> {
  readonly by: Person;
  readonly hosts: readonly string[];
  readonly command: string;
  readonly reason: string;
  readonly stands: Millis;
  readonly act: Act;
}

interface Kept<Act> {
  readonly wanted: Wanted<Act>;
  readonly view: IntentView;
  /** Monotonic. */
  readonly until: Millis;
  readonly timer: Timer;
}

/** Nobody waits for more than this from one person. */
const MOST_OF_ONE = 20;
/** What cannot be read whole is not approved. */
const LONGEST_COMMAND = 2000;

/** Intents that wait for a second person. */
export class Intents<Act> {
  readonly #audit: Pick<Audit, "commit" | "note">;
  readonly #clock: Clock;
  readonly #kept = new Map<number, Kept<Act>>();
  /** Of each uid: kept, or being written down. */
  readonly #count = new Map<number, number>();
  #closed = false;

  constructor(audit: Pick<Audit, "commit" | "note">, clock: Clock) {
    this.#audit = audit;
    this.#clock = clock;
  }

  /** Keeps it once it is written down. Throws NOT_PERMITTED, GUARD_REFUSED, AUDIT_UNWRITABLE. */
  async keep(wanted: Wanted<Act>): Promise<IntentView> {
    const { by, hosts, command, stands } = wanted;
    const cannot = `Cannot keep "${printable(command, 100)}" for a second person`;
    if (by.isNobody)
      throw new OobError("NOT_PERMITTED", `${cannot}: ${by.name} may be anybody`, {
        hint: "Ask as yourself, without sudo: root and the daemon's user count as nobody here",
      });
    if (command.length > LONGEST_COMMAND || /\p{Cc}/u.test(command))
      throw new OobError("GUARD_REFUSED", `${cannot}: it is too long to be read, or no one line`);
    const count = this.#count.get(by.uid) ?? 0;
    if (count >= MOST_OF_ONE)
      throw new OobError("GUARD_REFUSED", `${cannot}: ${count} of ${by.name} wait already`, {
        hint: "oob intent withdraw NUMBER",
      });
    this.#count.set(by.uid, count + 1);
    try {
      const id = await this.#write("intent.ask", wanted, by.name, `asks for: ${command}`);
      if (this.#closed) throw new OobError("DAEMON_UNREACHABLE", `${cannot}: the daemon ends`);
      const at = this.#clock.now();
      const { reason } = wanted;
      const view = { id, by: by.name, hosts, command, reason, at, until: at + stands };
      const timer = this.#clock.after(stands, () => this.#expire(id));
      this.#kept.set(id, { wanted, view, until: this.#clock.monotonic() + stands, timer });
      return view;
    } catch (thrown) {
      this.#less(by.uid);
      throw thrown;
    }
  }

  list(): readonly IntentView[] {
    const now = this.#clock.monotonic();
    return [...this.#kept.values()].filter(({ until }) => now < until).map(({ view }) => view);
  }

  /** What is wanted; nobody begins it by this. Throws USAGE where there is none, or none any more. */
  wanted(id: number, verb: string): Wanted<Act> {
    return this.#find(id, verb).wanted;
  }

  /**
   * Gives the act to the second person, once it is written down that she approved; nobody else gets it from here on.
   * Throws USAGE, NOT_PERMITTED, AUDIT_UNWRITABLE: then nothing is done, also later.
   */
  async approve(id: number, who: Person): Promise<Act> {
    const { wanted, view, until } = this.#find(id, "approve");
    const cannot = `Cannot approve intent ${id}`;
    if (who.isNobody)
      throw new OobError(
        "NOT_PERMITTED",
        `${cannot}: ${who.name} may be anybody, also ${view.by}`,
        {
          hint: "Approve as yourself, without sudo: root and the daemon's user count as nobody here",
        },
      );
    // By uid: two names of one account are one person.
    if (who.uid === wanted.by.uid)
      throw new OobError("NOT_PERMITTED", `${cannot}: you asked for it yourself`, {
        hint: "Another person has to, from their own account",
      });
    this.#take(id);
    const text = `approved intent ${id} of ${view.by}: ${view.command}`;
    await this.#write("intent.approve", wanted, who.name, text, id);
    if (!this.#closed && this.#clock.monotonic() < until) return wanted.act;
    const why = this.#closed ? "the daemon ends" : "its time ended while that was written down";
    await this.#write("intent.expire", wanted, "oob", `intent ${id} is not done: ${why}`, id);
    throw new OobError("GUARD_REFUSED", `${cannot}: ${why}`, { hint: "Nothing was done" });
  }

  /** Throws USAGE, AUDIT_UNWRITABLE: it is gone all the same. */
  async withdraw(id: number, who: string, reason: string): Promise<IntentView> {
    const { wanted, view } = this.#find(id, "withdraw");
    this.#take(id);
    const why = reason === "" ? "" : `: ${printable(reason, 200)}`;
    await this.#write("intent.withdraw", wanted, who, `withdrew intent ${id}${why}`, id);
    return view;
  }

  /** Whatever waits is never done. */
  close(): void {
    this.#closed = true;
    for (const { view } of [...this.#kept.values()]) {
      const kept = this.#take(view.id);
      if (kept) this.#note(kept, `intent ${view.id} is dropped: the daemon ends`);
    }
  }

  #find(id: number, verb: string): Kept<Act> {
    const kept = this.#kept.get(id);
    if (kept && this.#clock.monotonic() < kept.until) return kept;
    throw new OobError("USAGE", `Cannot ${verb} intent ${id}: there is none`, {
      hint: "It was done, withdrawn, has expired, or the daemon was restarted. See: oob intent list",
    });
  }

  #take(id: number): Kept<Act> | undefined {
    const kept = this.#kept.get(id);
    if (!kept) return undefined;
    this.#kept.delete(id);
    kept.timer.cancel();
    this.#less(kept.wanted.by.uid);
    return kept;
  }

  #less(uid: number): void {
    const count = (this.#count.get(uid) ?? 1) - 1;
    if (count > 0) this.#count.set(uid, count);
    else this.#count.delete(uid);
  }

  #expire(id: number): void {
    const kept = this.#take(id);
    if (kept) this.#note(kept, `intent ${id} expired: no second person approved it`);
  }

  #note({ wanted, view }: Kept<Act>, text: string): void {
    for (const host of wanted.hosts)
      this.#audit.note({ type: "intent.expire", host, by: "oob", text, data: { intent: view.id } });
  }

  /** One record a host, each of which is found by its host. Gives the number of the first. */
  async #write(
    type: string,
    { hosts, by, reason }: Wanted<Act>,
    who: string,
    text: string,
    id?: number,
  ) {
    const data = {
      hosts,
      first: by.name,
      uid: by.uid,
      reason,
      ...(id !== undefined && { intent: id }),
    };
    const written = await Promise.all(
      hosts.map((host) => this.#audit.commit({ type, host, by: who, text, data })),
    );
    return Math.min(...written.map(({ seq }) => seq));
  }
}
