import type { Rung } from "../config/site-config.ts";
import type { IncidentLink } from "../core/incident/incident-link.ts";
import type { LinkRight } from "../core/incident/link-token.ts";
import type { AnchorStatus, ChannelStatus, ChannelTest } from "../core/notify/notify-view.ts";
import type { LineEvent } from "../core/site/line-act.ts";
import type { LoadQuery, OutletLoad } from "../core/site/load-view.ts";
import type {
  AttachEvent,
  Attachment,
  AttachRequest,
  HostStatus,
  IncidentSummary,
  IntentView,
  LogQuery,
  LogRecord,
  PowerEvent,
  PowerRequest,
  ProveRequest,
  RunbookSummary,
  RunEvent,
  ScreenShot,
  Site,
  SiteEvent,
} from "../core/site/site.ts";
import type { LeaveHow, SessionView } from "../core/site/who.ts";
import type { Millis } from "../lib/clock.ts";
import type { Call } from "../sdk/modem/calls.ts";
import type { PduReading } from "../sdk/power.ts";
import type { RpcClient } from "./rpc-client.ts";

/** A site that a daemon holds, over its socket. What the daemon answers is taken at its word: it is ours. */
export class RemoteSite implements Site {
  readonly via = "daemon";
  readonly reopen: () => Promise<Site>;
  readonly #rpc: RpcClient;

  constructor(rpc: RpcClient, reopen: () => Promise<Site>) {
    this.#rpc = rpc;
    this.reopen = reopen;
  }

  hosts(): Promise<readonly string[]> {
    return this.#call("hosts");
  }

  groups(): Promise<Readonly<Record<string, readonly string[]>>> {
    return this.#call("groups");
  }

  status(hosts: readonly string[], options: { readonly power: boolean }) {
    return this.#call<readonly HostStatus[]>("status", { hosts, power: options.power });
  }

  async attach(request: AttachRequest): Promise<Attachment> {
    const { attachment } = await this.#call<{ attachment: number }>("attach", request);
    return new RemoteAttachment(this.#rpc, attachment);
  }

  who(hosts: readonly string[]): Promise<readonly SessionView[]> {
    return this.#call("who", { hosts });
  }

  kick(session: string, reason: string): Promise<SessionView> {
    return this.#call("kick", { session, reason });
  }

  message(to: string, text: string): Promise<readonly SessionView[]> {
    return this.#call("message", { to, text });
  }

  calls(hosts: readonly string[]): Promise<readonly Call[]> {
    return this.#call("calls", { hosts });
  }

  line(request: Parameters<Site["line"]>[0]): AsyncIterable<LineEvent> {
    return this.#stream("line", request);
  }

  screen(host: string): Promise<ScreenShot> {
    return this.#call("screen", { host });
  }

  log(query: LogQuery): AsyncIterable<LogRecord> {
    return this.#stream("log", query);
  }

  powerStatus(hosts: readonly string[]): ReturnType<Site["powerStatus"]> {
    return this.#call("powerStatus", { hosts });
  }

  power(request: PowerRequest): AsyncIterable<PowerEvent> {
    return this.#stream("power", request);
  }

  outlets(pdu: string): Promise<PduReading> {
    return this.#call("outlets", { pdu });
  }

  loads(query: LoadQuery): Promise<readonly OutletLoad[]> {
    return this.#call("loads", query);
  }

  proveMap(request: ProveRequest): AsyncIterable<PowerEvent> {
    return this.#stream("proveMap", request);
  }

  hold(hosts: readonly string[], forMs: Millis, reason: string): Promise<void> {
    return this.#call("hold", { hosts, forMs, reason });
  }

  release(hosts: readonly string[]): Promise<readonly string[]> {
    return this.#call("release", { hosts });
  }

  events(query: Parameters<Site["events"]>[0]): AsyncIterable<SiteEvent> {
    return this.#stream("events", query);
  }

  channels(): Promise<readonly ChannelStatus[]> {
    return this.#call("channels");
  }

  anchors(): Promise<readonly AnchorStatus[]> {
    return this.#call("anchors");
  }

  testChannels(channels: readonly string[]): AsyncIterable<ChannelTest> {
    return this.#stream("testChannels", { channels });
  }

  incidents(hosts: readonly string[]): Promise<readonly IncidentSummary[]> {
    return this.#call("incidents", { hosts });
  }

  incident(id: number): ReturnType<Site["incident"]> {
    return this.#call("incident", { id });
  }

  closeIncident(id: number, reason: string): Promise<void> {
    return this.#call("closeIncident", { id, reason });
  }

  why(host: string, options: Parameters<Site["why"]>[1]): ReturnType<Site["why"]> {
    return this.#call("why", { host, ...options });
  }

  approveIncident(id: number, rung: Rung, reason: string, confirm?: string): Promise<void> {
    const confirmed = confirm === undefined ? {} : { confirm };
    return this.#call("approveIncident", { id, rung, reason, ...confirmed });
  }

  incidentLink(id: number, may: LinkRight): Promise<IncidentLink> {
    return this.#call("incidentLink", { id, may });
  }

  denyIncident(id: number, reason: string): Promise<void> {
    return this.#call("denyIncident", { id, reason });
  }

  intents(): Promise<readonly IntentView[]> {
    return this.#call("intents");
  }

  approveIntent(id: number, confirm?: string): AsyncIterable<PowerEvent | RunEvent> {
    return this.#stream("approveIntent", { id, ...(confirm !== undefined && { confirm }) });
  }

  withdrawIntent(id: number, reason: string): Promise<IntentView> {
    return this.#call("withdrawIntent", { id, reason });
  }

  runbooks(): Promise<readonly RunbookSummary[]> {
    return this.#call("runbooks");
  }

  run(request: Parameters<Site["run"]>[0]): AsyncIterable<RunEvent> {
    return this.#stream("run", request);
  }

  clearMarks(hosts: readonly string[], reason: string): ReturnType<Site["clearMarks"]> {
    return this.#call("clearMarks", { hosts, reason });
  }

  schedule(hosts: readonly string[]): ReturnType<Site["schedule"]> {
    return this.#call("schedule", { hosts });
  }

  reports(hosts: readonly string[]): ReturnType<Site["reports"]> {
    return this.#call("reports", { hosts });
  }

  report(host: string, runbook?: string): ReturnType<Site["report"]> {
    return this.#call("report", { host, ...(runbook !== undefined && { runbook }) });
  }

  daily(hosts: readonly string[], runbook: string): ReturnType<Site["daily"]> {
    return this.#call("daily", { hosts, runbook });
  }

  watch(hosts: readonly string[]): AsyncIterable<readonly HostStatus[]> {
    return this.#stream("watch", { hosts });
  }

  close(): Promise<void> {
    return this.#rpc.close();
  }

  async #call<T>(method: string, args: object = {}): Promise<T> {
    return (await this.#rpc.call(method, args)) as T;
  }

  #stream<T>(method: string, args: object): AsyncIterable<T> {
    return this.#rpc.stream(method, args) as AsyncIterable<T>;
  }
}

class RemoteAttachment implements Attachment {
  readonly events: AsyncIterable<AttachEvent>;
  readonly #rpc: RpcClient;
  readonly #attachment: number;

  constructor(rpc: RpcClient, attachment: number) {
    this.#rpc = rpc;
    this.#attachment = attachment;
    const stream = rpc.stream("attachment.events", { attachment }) as AsyncIterable<AttachEvent>;
    // One stream, however often it is asked for: a second one would take events from the first.
    let events: AsyncIterator<AttachEvent> | undefined;
    this.events = {
      [Symbol.asyncIterator]: () => {
        events ??= stream[Symbol.asyncIterator]();
        return events;
      },
    };
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#call("write", { bytes });
  }

  sendBreak(ms?: Millis): Promise<void> {
    return this.#call("sendBreak", { ms });
  }

  setMode(mode: AttachRequest["mode"], reason: string): Promise<void> {
    return this.#call("setMode", { mode, reason });
  }

  repaint(lines?: number): Promise<void> {
    return this.#call("repaint", { lines });
  }

  note(text: string): Promise<void> {
    return this.#call("note", { text });
  }

  message(text: string): Promise<readonly SessionView[]> {
    return this.#call("message", { text });
  }

  reopen(): Promise<void> {
    return this.#call("reopen");
  }

  leave(how?: LeaveHow): Promise<void> {
    return this.#call("leave", { how });
  }

  async #call<T = void>(method: string, args: object = {}): Promise<T> {
    const all = { attachment: this.#attachment, ...args };
    return (await this.#rpc.call(`attachment.${method}`, all)) as T;
  }
}
