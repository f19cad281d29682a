import type { IncidentLink } from "../../src/core/incident/incident-link.ts";
import type {
  AnchorStatus,
  ChannelStatus,
  ChannelTest,
} from "../../src/core/notify/notify-view.ts";
import type { LoadQuery, OutletLoad } from "../../src/core/site/load-view.ts";
import type {
  AttachEvent,
  Attachment,
  AttachRequest,
  DailyPage,
  HostStatus,
  IncidentSummary,
  IntentView,
  LogQuery,
  LogRecord,
  PowerEvent,
  PowerRequest,
  ProveRequest,
  ReportSummary,
  ReportView,
  RunbookSummary,
  RunEvent,
  RunMark,
  ScheduledRun,
  SeatView,
  Site,
  SiteEvent,
} from "../../src/core/site/site.ts";
import type { WhyView } from "../../src/core/site/watch-site.ts";
import type { SessionView } from "../../src/core/site/who.ts";
import { OobError } from "../../src/lib/errors.ts";
import type { Call } from "../../src/sdk/modem/calls.ts";
import type { PduReading } from "../../src/sdk/power.ts";
import type { RunReport } from "../../src/sdk/run-report.ts";

/** 2026-11-22T07:51:02Z */
export const AT = Date.UTC(2026, 10, 22, 7, 51, 2);

/** A healthy host, changed as the test says. */
export function hostStatus(host: string, change: Partial<HostStatus> = {}): HostStatus {
  return {
    host,
    os: "linux",
    precious: false,
    console: { is: "up", label: "/dev/ttyUSB0 115200 8n1" },
    power: "on",
    feeds: ["pdu-a/3"],
    outlets: [{ id: "pdu-a/3", state: "on", pending: false, amps: 1.3, readAt: AT }],
    health: { state: "healthy", class: "login-prompt", why: "login prompt", since: AT - 60_000 },
    watch: { mode: "observe" },
    watchers: [],
    lastLine: `${host} login:`,
    lastByteAt: AT - 4000,
    ...change,
  };
}

/** Attachment whose events a test pushes and whose calls it reads. */
export class AttachmentDouble implements Attachment {
  readonly calls: string[] = [];
  written = "";
  #queue: AttachEvent[] = [];
  #wake: () => void = () => {};
  #left = false;
  #error: Error | undefined;
  /** What the host prints after each write; by default nothing. */
  answers: (written: string) => readonly string[] = () => [];

  push(...events: AttachEvent[]): void {
    this.#queue.push(...events);
    this.#wake();
  }

  /** What brings the events breaks. */
  fail(error: Error): void {
    this.#error = error;
    this.#wake();
  }

  get events(): AsyncIterable<AttachEvent> {
    return this.#events();
  }

  async *#events(): AsyncGenerator<AttachEvent> {
    while (!this.#left || this.#queue.length > 0) {
      const event = this.#queue.shift();
      if (event) yield event;
      else if (this.#error) throw this.#error;
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.written += Buffer.from(bytes).toString("latin1");
    for (const answer of this.answers(Buffer.from(bytes).toString("latin1")))
      this.push({ is: "bytes", bytes: Buffer.from(answer), replay: false });
  }
  async sendBreak(): Promise<void> {
    this.calls.push("break");
  }
  async setMode(mode: string, reason: string): Promise<void> {
    this.calls.push(`mode ${mode} ${reason}`.trim());
  }
  async repaint(lines?: number): Promise<void> {
    this.calls.push(lines === undefined ? "repaint" : `repaint ${lines}`);
  }
  /** Who a message reaches. */
  others: SessionView[] = [];
  async message(text: string): Promise<SessionView[]> {
    this.calls.push(`message ${text}`);
    return this.others;
  }
  async reopen(): Promise<void> {
    this.calls.push("reopen");
  }
  async note(text: string): Promise<void> {
    this.calls.push(`note ${text}`);
  }
  async leave(how = "left"): Promise<void> {
    this.calls.push(how === "left" ? "leave" : `leave ${how}`);
    this.#left = true;
    this.#wake();
  }
}

/** A site that answers what a test put into it, and remembers what it was asked. */
export class SiteDouble implements Site {
  via: Site["via"] = "daemon";
  readonly asked: unknown[] = [];
  rows: HostStatus[];
  powerEvents: PowerEvent[] = [];
  beforePower: () => void = () => {};
  runEvents: RunEvent[] = [];
  logRecords: LogRecord[] = [];
  siteEvents: SiteEvent[] = [];
  incidentList: IncidentSummary[] = [];
  runbookList: RunbookSummary[] = [];
  watchRows: (readonly HostStatus[])[] = [];
  reading: PduReading | undefined;
  loadList: readonly OutletLoad[] = [];
  readonly attachment = new AttachmentDouble();
  seat: SeatView = { mine: "write", others: [] };
  groupList: Record<string, readonly string[]> = {};
  phoned: Call[] = [];
  lineSays: string[] = [];
  channelList: readonly ChannelStatus[] = [];
  channelTests: readonly ChannelTest[] = [];
  closed = false;
  /** Names of hosts given by URL. */
  readonly aliases = new Map<string, string>();
  /** Streams stay open after their last item until somebody stops them. */
  endless = false;

  constructor(rows: HostStatus[] = ["web1", "web2", "db1"].map((host) => hostStatus(host))) {
    this.rows = rows;
  }

  async channels(): Promise<readonly ChannelStatus[]> {
    return this.channelList;
  }

  anchorList: readonly AnchorStatus[] = [];
  async anchors(): Promise<readonly AnchorStatus[]> {
    return this.anchorList;
  }

  async *testChannels(channels: readonly string[]): AsyncGenerator<ChannelTest> {
    this.asked.push({ testChannels: channels });
    yield* this.channelTests;
  }

  async hosts(): Promise<string[]> {
    return this.rows.map((row) => row.host);
  }
  async groups(): Promise<Record<string, readonly string[]>> {
    return this.groupList;
  }
  async status(hosts: readonly string[], options: { power: boolean }): Promise<HostStatus[]> {
    this.asked.push({ status: hosts, ...options });
    return this.#rowsOf(hosts);
  }
  async attach(request: AttachRequest): Promise<Attachment> {
    this.asked.push({ attach: request });
    const [status] = this.#rowsOf([request.host]);
    if (!status) throw new OobError("HOST_UNKNOWN", `Cannot attach to "${request.host}"`);
    const { filter } = request;
    const mine = request.mode === "read" ? "read" : this.seat.mine;
    this.attachment.push({ is: "welcome", status, filter, seat: { ...this.seat, mine } });
    return this.attachment;
  }
  sessions: SessionView[] = [];
  async calls(hosts: readonly string[]) {
    return this.phoned.filter((one) => hosts.length === 0 || hosts.includes(one.host));
  }
  async *line(request: Parameters<Site["line"]>[0]) {
    this.asked.push({ line: request });
    yield* this.lineSays.map((text) => ({ text }));
  }
  async who(hosts: readonly string[]): Promise<SessionView[]> {
    this.asked.push({ who: hosts });
    return this.sessions.filter((one) => hosts.length === 0 || hosts.includes(one.host));
  }
  async kick(session: string, reason: string): Promise<SessionView> {
    this.asked.push({ kick: session, reason });
    const found = this.sessions.find((one) => one.session === session);
    if (!found) throw new OobError("USAGE", `Cannot find session ${session}: it has ended`);
    return found;
  }
  async message(to: string, text: string): Promise<SessionView[]> {
    this.asked.push({ message: to, text });
    return this.sessions.filter((one) => one.session === to || one.host === to);
  }
  async screen(host: string) {
    return {
      host,
      rows: ["GNU GRUB", "\u001b]0;evil\u0007*Debian", "", ""],
      columns: 80,
      cursor: { row: 1, column: 0, visible: true },
    };
  }
  async *log(query: LogQuery): AsyncIterable<LogRecord> {
    this.asked.push({ log: query });
    yield* this.logRecords;
    await this.#linger();
  }
  async powerStatus(hosts: readonly string[]) {
    return this.#rowsOf(hosts).map(({ host, power, outlets }) => ({ host, power, outlets }));
  }
  async *power(request: PowerRequest): AsyncIterable<PowerEvent> {
    this.asked.push({ power: request });
    this.beforePower();
    yield* this.powerEvents;
    await this.#linger();
  }
  async outlets(pdu: string): Promise<PduReading> {
    this.asked.push({ outlets: pdu });
    if (!this.reading)
      throw new OobError("PDU_SILENT", `Cannot read "${pdu}": no answer within 5s`);
    return this.reading;
  }
  async loads(query: LoadQuery): Promise<readonly OutletLoad[]> {
    this.asked.push({ loads: query });
    return this.loadList;
  }
  proofEvents: PowerEvent[] = [];
  async *proveMap(request: ProveRequest): AsyncIterable<PowerEvent> {
    this.asked.push({ prove: request });
    yield* this.proofEvents;
  }
  async hold(hosts: readonly string[], forMs: number, reason: string): Promise<void> {
    this.asked.push({ hold: hosts, forMs, reason });
  }
  async release(hosts: readonly string[]): Promise<readonly string[]> {
    this.asked.push({ release: hosts });
    return hosts.filter((host) => host !== "web2");
  }
  async *events(query: object): AsyncIterable<SiteEvent> {
    this.asked.push({ events: query });
    yield* this.siteEvents;
    await this.#linger();
  }
  async incidents(hosts: readonly string[]): Promise<IncidentSummary[]> {
    this.asked.push({ incidents: hosts });
    return this.incidentList;
  }
  async incident(id: number) {
    const summary = this.incidentList.find((one) => one.id === id);
    if (!summary) throw new OobError("USAGE", `Cannot show incident ${id}: there is none`);
    return { summary, report: "# Incident\n\nKernel panic\u001b[2J\n" };
  }
  async closeIncident(id: number, reason: string): Promise<void> {
    this.asked.push({ close: id, reason });
  }
  /** What `why` tells, by host. */
  readonly whys = new Map<string, WhyView>();
  async why(host: string, options: { interlocks: boolean }): Promise<WhyView> {
    this.asked.push({ why: host, ...options });
    const found = this.whys.get(host);
    if (!found) throw new OobError("HOST_UNKNOWN", `Cannot find host "${host}"`);
    return found;
  }
  async approveIncident(id: number, rung: string, reason: string, confirm?: string): Promise<void> {
    this.asked.push({ approve: id, rung, reason, confirm });
  }
  async denyIncident(id: number, reason: string): Promise<void> {
    this.asked.push({ deny: id, reason });
  }
  async incidentLink(id: number, may: "view" | "answer"): Promise<IncidentLink> {
    this.asked.push({ link: id, may });
    return { url: `https://oob.example/i/token-${may}`, may, until: AT + 86_400_000 };
  }
  intentList: IntentView[] = [];
  async intents(): Promise<readonly IntentView[]> {
    return this.intentList;
  }
  async *approveIntent(id: number, confirm?: string): AsyncGenerator<PowerEvent | RunEvent> {
    this.asked.push({ approveIntent: id, confirm });
    yield* this.powerEvents;
  }
  async withdrawIntent(id: number, reason: string): Promise<IntentView> {
    this.asked.push({ withdrawIntent: id, reason });
    const found = this.intentList.find((one) => one.id === id);
    if (found) return found;
    throw new OobError("USAGE", `Cannot withdraw intent ${id}: there is none`);
  }
  async runbooks(): Promise<RunbookSummary[]> {
    return this.runbookList;
  }
  async *run(request: object): AsyncIterable<RunEvent> {
    this.asked.push({ run: request });
    yield* this.runEvents;
    await this.#linger();
  }
  marks: RunMark[] = [];
  planned: ScheduledRun[] = [];
  kept: RunReport[] = [];
  page: DailyPage | undefined;
  async clearMarks(hosts: readonly string[], reason: string): Promise<readonly RunMark[]> {
    this.asked.push({ clearMarks: hosts, reason });
    return this.marks;
  }
  async schedule(): Promise<readonly ScheduledRun[]> {
    return this.planned;
  }
  async reports(): Promise<readonly ReportSummary[]> {
    return this.kept.map(({ startedAt: at, ...rest }) => ({ ...rest, at }));
  }
  async report(host: string, runbook?: string): Promise<ReportView> {
    this.asked.push({ report: host, runbook });
    const [found] = this.kept;
    if (!found) throw new OobError("USAGE", `Cannot show a report of ${host}: there is none`);
    return { report: found, markdown: "# web1\n", html: "<!doctype html>" };
  }
  async daily(hosts: readonly string[], runbook: string): Promise<DailyPage> {
    this.asked.push({ daily: hosts, runbook });
    if (!this.page) throw new OobError("USAGE", "Cannot show the page: there is none");
    return this.page;
  }
  async *watch(hosts: readonly string[]): AsyncIterable<readonly HostStatus[]> {
    this.asked.push({ watch: hosts });
    yield* this.watchRows;
    await this.#linger();
  }
  async close(): Promise<void> {
    this.closed = true;
  }

  #rowsOf(hosts: readonly string[]): HostStatus[] {
    const names = hosts.map((host) => this.aliases.get(host) ?? host);
    return this.rows.filter((row) => names.includes(row.host));
  }
  async #linger(): Promise<void> {
    if (this.endless) await new Promise(() => {});
  }
}
