/**
 * Incidents on disk, one folder each: `<state>/incidents/<id>-<host>/`
 *
 *   incident.json   the whole record, replaced at each change, on disk before anything is done
 *   report.md       the same for a person at 3 a.m.
 *   before.raw, cut.raw, after.raw, and .txt   bytes of the console (offsets in the record) and its screen
 *   collected.txt   what the kernel said when it was asked before a cut
 */
import fs from "node:fs";
import { join } from "node:path";
import type { Rung } from "../../config/site-config.ts";
import type { Clock, Millis } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import { replaceFile } from "../../lib/replace-file.ts";
import { safeJson } from "../../lib/safe-json.ts";
import type { Evidence } from "../../sdk/rule.ts";
import { withFileLock } from "../audit/audit-lock.ts";
import type { Verdict } from "../interlocks/interlock.ts";
import type { Case, RungEnd } from "../policy/state.ts";
import type { WatchedConsole } from "../session/watched-console.ts";
import type { IncidentSummary } from "../site/site.ts";
import type { ProbeReport } from "../watchdog/probe.ts";
import { incidentPage } from "./incident-page.ts";
import type { ActRecord, Collected, CollectedPart, IncidentRecord } from "./incident-record.ts";

const MAX_ENTRIES = 200;
const SLICE_BYTES = 65_536;

const COLLECTED = "collected.txt";
const ROWS_IN_RECORD = 40;
const SCREENS = { before: "screenBefore", cut: "screenCut", after: "screenAfter" } as const;

interface Taken {
  readonly parts: readonly CollectedPart[];
}

const recent = <T>(list: readonly T[], one: T): readonly T[] => [...list, one].slice(-MAX_ENTRIES);

/** One incident and its folder. */
export class Incident {
  readonly folder: string;
  readonly #clock: Clock;
  #record: IncidentRecord;
  #problem: string | undefined;

  constructor(folder: string, record: IncidentRecord, clock: Clock) {
    this.folder = folder;
    this.#record = record;
    this.#clock = clock;
  }

  get record(): IncidentRecord {
    return this.#record;
  }

  get summary(): IncidentSummary {
    const { id, host, state, openedAt, closedAt, case: of, acts } = this.#record;
    const cause = of.first ?? of.cause;
    return {
      id,
      host,
      state,
      openedAt,
      ...(closedAt !== undefined && { closedAt }),
      means: cause.means,
      class: cause.class,
      acts: acts.map((act) => `${act.rung}: ${act.how ?? "under way"}`),
      folder: this.folder,
    };
  }

  /** Why the folder does not hold what the record holds, until a write succeeds. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Changes the record; it is on disk when this returns, or `problem` says why not. The watch goes on either way. */
  change(change: Partial<IncidentRecord>): void {
    this.#record = { ...this.#record, ...change };
    this.#write("incident.json", `${safeJson(this.#record, 1)}\n`);
  }

  tell(type: string, text: string, at: Millis = this.#clock.now()): void {
    this.change({ story: recent(this.#record.story, { at, type, text: printable(text, 1000) }) });
  }

  sees(evidence: readonly Evidence[]): void {
    let list = this.#record.evidence;
    for (const one of evidence) list = recent(list, { ...one, line: printable(one.line, 500) });
    this.change({ evidence: list });
  }

  probed(probe: ProbeReport): void {
    this.change({ probes: recent(this.#record.probes, { ...probe, at: this.#clock.now() }) });
  }

  judged(act: string, verdicts: readonly Verdict[]): void {
    const one = { at: this.#clock.now(), act, verdicts };
    this.change({ verdicts: recent(this.#record.verdicts, one) });
  }

  /** An act is about to begin; returns its id, the same for ever. */
  begins(rung: Rung): string {
    const attempt = this.#record.acts.filter((act) => act.rung === rung).length + 1;
    const id = `${this.#record.id}-${rung}-${attempt}`;
    const act: ActRecord = { id, rung, begunAt: this.#clock.now(), steps: [] };
    this.change({ acts: recent(this.#record.acts, act) });
    return id;
  }

  step(id: string, text: string): void {
    const step = { at: this.#clock.now(), text: printable(text, 500) };
    this.#act(id, (act) => ({ ...act, steps: recent(act.steps, step) }));
  }

  ends(id: string, how: RungEnd, text: string): void {
    const endedAt = this.#clock.now();
    this.#act(id, (act) => ({ ...act, endedAt, how, text: printable(text, 500) }));
  }

  /** Keeps what the console shows and its last bytes. Bytes first: they are the proof. */
  async capture(when: "before" | "cut" | "after", console: WatchedConsole): Promise<void> {
    const { bytes, offset } = await console.tail(SLICE_BYTES);
    const file = `${when}.raw`;
    fs.writeFileSync(join(this.folder, file), bytes, { mode: 0o640 });
    this.change({ [when]: { file, offset, bytes: bytes.length } });
    const { rows } = await console.screen();
    const screen = rows.map((row) => printable(row, 300));
    fs.writeFileSync(join(this.folder, `${when}.txt`), `${screen.join("\n")}\n`, { mode: 0o640 });
    this.change({ [SCREENS[when]]: screen });
  }

  /** Keeps what was taken before a cut: the beginning of each part in the record, all of it beside. */
  collects({ parts, ...rest }: Omit<Collected, "parts" | "file"> & Taken): void {
    const said = parts.filter(({ rows }) => rows.length > 0);
    const text = said.map(({ what, rows }) => `== ${what}\n${rows.join("\n")}\n`).join("\n");
    const file = said.length > 0 ? { file: COLLECTED } : {};
    if (said.length > 0) this.#write(COLLECTED, text);
    const short = parts.map(({ what, rows }) => ({
      ...{ what, rows: rows.slice(0, ROWS_IN_RECORD), all: rows.length },
    }));
    this.change({ collected: { ...rest, parts: short, ...file } });
  }

  close(state: IncidentSummary["state"], closing: string): void {
    this.change({ state, closing: printable(closing, 500), closedAt: this.#clock.now() });
    this.page();
  }

  /** The page as of now. */
  get text(): string {
    return incidentPage(this.#record, this.#clock.now(), this.folder);
  }

  /** Writes report.md; returns it. */
  page(): string {
    const page = this.text;
    this.#write("report.md", page);
    return page;
  }

  #write(name: string, text: string): void {
    try {
      replaceFile(join(this.folder, name), text);
      this.#problem = undefined;
    } catch (cause) {
      const { id, host } = this.#record;
      this.#problem = `Cannot write incident ${id} of ${host}: ${messageOf(cause)}`;
    }
  }

  #act(id: string, change: (act: ActRecord) => ActRecord): void {
    this.change({ acts: this.#record.acts.map((act) => (act.id === id ? change(act) : act)) });
  }
}

/** The folder of incidents. Numbers go up, also over restarts and removed folders' neighbours. */
export class Incidents {
  readonly #dir: string;
  readonly #clock: Clock;
  readonly #known = new Map<number, Incident>();

  constructor(dir: string, clock: Clock) {
    this.#dir = join(dir, "incidents");
    this.#clock = clock;
    for (const name of this.#folders()) {
      const incident = this.#read(name);
      if (incident) this.#known.set(incident.record.id, incident);
    }
  }

  /** Makes a new incident and its folder. Throws where not even the folder can be made. */
  open(host: string, of: Case): Incident {
    const { id, folder } = this.#claim(host);
    const record: IncidentRecord = {
      id,
      host,
      state: "open",
      openedAt: this.#clock.now(),
      case: of,
      evidence: [],
      probes: [],
      verdicts: [],
      acts: [],
      story: [],
    };
    const incident = new Incident(folder, record, this.#clock);
    incident.change({});
    this.#known.set(id, incident);
    return incident;
  }

  /** A number that no other process takes: ids of power orders are made of it. */
  #claim(host: string): { readonly id: number; readonly folder: string } {
    fs.mkdirSync(this.#dir, { recursive: true, mode: 0o750 });
    let id = 0;
    withFileLock(join(this.#dir, "lock"), () => {
      const taken = this.#folders().map((name) => Number.parseInt(name, 10));
      id = 1 + Math.max(0, ...taken, ...this.#known.keys());
      fs.mkdirSync(join(this.#dir, `${id}-${host}`), { mode: 0o750 });
    });
    return { id, folder: join(this.#dir, `${id}-${host}`) };
  }

  find(id: number): Incident | undefined {
    return this.#known.get(id);
  }

  /** Newest first; all hosts where none is named. */
  list(hosts: readonly string[]): readonly Incident[] {
    return [...this.#known.values()]
      .filter(({ record }) => hosts.length === 0 || hosts.includes(record.host))
      .sort((one, other) => other.record.id - one.record.id);
  }

  #folders(): readonly string[] {
    if (!fs.existsSync(this.#dir)) return [];
    return fs.readdirSync(this.#dir).filter((name) => /^\d{1,9}-/.test(name));
  }

  /** A folder whose record a kill prevented keeps its number and is otherwise left alone. */
  #read(name: string): Incident | undefined {
    const folder = join(this.#dir, name);
    try {
      const record: unknown = JSON.parse(fs.readFileSync(join(folder, "incident.json"), "utf8"));
      return isRecord(record) ? new Incident(folder, record, this.#clock) : undefined;
    } catch {
      return undefined;
    }
  }
}

/** Our own file, fsynced and renamed into place: its head tells whether it is one. */
function isRecord(value: unknown): value is IncidentRecord {
  if (typeof value !== "object" || value === null) return false;
  const { id, host, state, acts, case: of } = value as Record<string, unknown>;
  return (
    typeof id === "number" &&
    typeof host === "string" &&
    typeof state === "string" &&
    Array.isArray(acts) &&
    typeof of === "object" &&
    of !== null
  );
}
