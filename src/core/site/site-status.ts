import { TextLines } from "../../codec/text-lines.ts";
import type { DeviceEntry, HostEntry, SiteConfig } from "../../config/site-config.ts";
import type { Clock, Millis } from "../../lib/clock.ts";
import { formatDuration } from "../../lib/durations.ts";
import { printable } from "../../lib/printable.ts";
import { type Call, callInWords } from "../../sdk/modem/calls.ts";
import { numberOf, textOf } from "../../sdk/options.ts";
import type { Opinion } from "../detect/opinion.ts";
import { logFolder } from "../log/log-folder.ts";
import { readTail } from "../log/log-tail.ts";
import type { PortState } from "../port/console-port.ts";
import type { HostPower } from "../power/power-bank.ts";
import type { Encoding } from "../session/host-encoding.ts";
import { toUtf8 } from "../session/host-encoding.ts";
import type { Session } from "../session/session.ts";
import type { Holds } from "../watchdog/holds.ts";
import type { WatchStatus } from "../watchdog/watchdog-parts.ts";
import { clearTextOf } from "./clear-text.ts";
import type { HostStatus } from "./site.ts";

/** Enough of a console's end to hold its last line. */
const LAST_LINE_BYTES = 2048;
const MAX_LAST_LINE = 200;

interface StatusParts {
  readonly clock: Clock;
  readonly state: string;
  readonly pdus: SiteConfig["pdus"];
  readonly holds: Holds;
  readonly session: (host: string) => Session | undefined;
  readonly whyNot: (host: string) => string | undefined;
  readonly watch: (host: string) => WatchStatus | undefined;
  readonly lastCall: (host: string) => Call | undefined;
  /** Outlets as last read. */
  readonly power: (host: string) => HostPower | undefined;
  /** What the outlets' loads tell. */
  readonly load: (host: string) => string | undefined;
  readonly mark: (host: string) => HostStatus["mark"];
  readonly scheduled: (host: string) => HostStatus["scheduled"];
}

interface Seen {
  readonly state: HostStatus["health"]["state"];
  readonly class: string;
  readonly since: Millis;
}

/** Rows of `oob status`, made from what is known without asking any device. */
export class SiteStatus {
  readonly #parts: StatusParts;
  readonly #seen = new Map<string, Seen>();
  readonly #lastLines = new Map<string, { readonly offset: number; readonly text: string }>();

  constructor(parts: StatusParts) {
    this.#parts = parts;
  }

  /** A row now; the last line is the one that was last looked up. */
  row(entry: HostEntry): HostStatus {
    const { clock, holds, session: sessionOf, watch } = this.#parts;
    const { name: host, os, precious } = entry;
    const session = sessionOf(host);
    const power = this.#parts.power(host) ?? { power: "unknown" as const, outlets: [] };
    const hold = holds.of(host);
    const watched = watch(host);
    const load = this.#parts.load(host);
    const mark = this.#parts.mark(host);
    const scheduled = this.#parts.scheduled(host);
    const lastByteAt = session?.lastByteAt;
    const unsealed = session?.seals.why;
    const writer = session?.seat?.who;
    return {
      host,
      os,
      precious,
      console: this.#console(entry, session),
      ...power,
      feeds: entry.outlets.map(({ pdu, reference }) => `${pdu}/${reference}`),
      health:
        session?.portState.is === "idle"
          ? { state: "unknown", class: "", why: "not connected: on demand", since: clock.now() }
          : watched
            ? healthOf(watched)
            : this.#health(host, session?.opinion),
      ...(load !== undefined && { load }),
      watch: { mode: entry.watch.mode, ...(watched && { next: watched.next }) },
      ...(hold === undefined ? {} : { hold }),
      ...(writer === undefined ? {} : { writer }),
      watchers: session?.people.filter((one) => one !== writer) ?? [],
      lastLine: this.#lastLines.get(host)?.text ?? "",
      ...(lastByteAt === undefined
        ? {}
        : { lastByteAt: clock.now() - (clock.monotonic() - lastByteAt) }),
      ...(watched?.incident !== undefined && { incident: watched.incident }),
      ...(mark && { mark }),
      ...(scheduled && { scheduled }),
      ...clearTextOf(entry, this.#parts.pdus),
      ...(unsealed !== undefined && { unsealed }),
    };
  }

  /** A row with the line that the console shows last. */
  async freshRow(entry: HostEntry): Promise<HostStatus> {
    const { session: sessionOf, state } = this.#parts;
    const session = sessionOf(entry.name);
    const known = this.#lastLines.get(entry.name);
    if (session === undefined) {
      const bytes = readTail(logFolder(state, entry.name), LAST_LINE_BYTES);
      this.#lastLines.set(entry.name, { offset: -1, text: lastLine(bytes, entry.encoding) });
    } else if (known?.offset !== session.offset) {
      const { offset } = session;
      const { bytes } = await session.tail(LAST_LINE_BYTES);
      this.#lastLines.set(entry.name, { offset, text: lastLine(bytes, entry.encoding) });
    }
    return this.row(entry);
  }

  #console(entry: HostEntry, session: Session | undefined): HostStatus["console"] {
    const label = labelOf(entry.console);
    const state = session?.portState;
    if (state?.is === "idle")
      return { is: "idle", label, why: this.#idleSince(entry.name, state.why) };
    if (state) return consoleView(state, label);
    const why = this.#parts.whyNot(entry.name);
    return why === undefined ? { is: "closed", label } : { is: "down", label, why };
  }

  #idleSince(host: string, why: string): string {
    const call = this.#parts.lastCall(host);
    if (call === undefined) return why === "" ? "on demand" : `on demand; ${why}`;
    const ago = formatDuration(Math.max(0, this.#parts.clock.now() - call.at));
    return `on demand; last call ${ago} ago, ${callInWords(call)}`;
  }

  #health(host: string, opinion: Opinion | undefined): HostStatus["health"] {
    const newest = opinion?.evidence.at(-1);
    const state = newest === undefined ? "unknown" : (opinion?.state ?? "unknown");
    const kind = newest === undefined ? "" : (opinion?.class ?? "");
    const before = this.#seen.get(host);
    const since =
      before?.state === state && before.class === kind ? before.since : this.#parts.clock.now();
    this.#seen.set(host, { state, class: kind, since });
    const why = opinion === undefined ? "console not open" : (newest?.means ?? "nothing seen yet");
    return { state, class: kind, why, since };
  }
}

const healthOf = ({ state, class: kind, why, since }: WatchStatus): HostStatus["health"] => ({
  state,
  class: kind,
  why,
  since,
});

function consoleView(
  state: Exclude<PortState, { is: "idle" }>,
  label: string,
): HostStatus["console"] {
  switch (state.is) {
    case "up":
      return { is: "up", label: state.label };
    case "down":
      return { is: "down", label, why: state.why };
    case "opening":
      return { is: "opening", label, ...(state.progress === "" ? {} : { why: state.progress }) };
    case "closed":
      return { is: "closed", label };
  }
}

/** "telnet ts1:7003", before the Link says it better. */
function labelOf({ driver, options, via }: DeviceEntry): string {
  const port = numberOf(options, "port", 0);
  const host = textOf(options, "host") + (port === 0 ? "" : `:${port}`);
  const path = textOf(options, "path") || textOf(options, "number");
  const address = path || textOf(options, "command") || host;
  const own = printable(`${driver} ${address}`.trim(), 80);
  return via === undefined ? own : `${own} via ${labelOf(via)}`;
}

function lastLine(bytes: Uint8Array, encoding: Encoding): string {
  const lines = new TextLines(0);
  const found = lines.receive(toUtf8(bytes, encoding));
  const open = lines.unfinished();
  const texts = [...found.map((line) => line.text), open?.text ?? ""];
  return printable(texts.findLast((text) => text.trim() !== "")?.trim() ?? "", MAX_LAST_LINE);
}
