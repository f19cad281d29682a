import type { Attachment, Site } from "../core/site/site.ts";
import { OobError } from "../lib/errors.ts";
import type { CallArgs } from "./call-args.ts";

const MAX_TIME = 8_640_000_000_000_000;
const MAX_STEPS = 1440;
const MAX_FOR = 10 * 366 * 86_400_000;
const MAX_PARALLEL = 10_000;
const SEAT_MODES = ["write", "read", "force", "join"] as const;

/** Consoles at which a connection stands, by number. */
export class Attachments {
  readonly #held = new Map<number, Attachment>();
  #next = 1;

  add(attachment: Attachment): number {
    const number = this.#next++;
    this.#held.set(number, attachment);
    return number;
  }

  get(args: CallArgs): Attachment {
    const number = args.number("attachment", 1, Number.MAX_SAFE_INTEGER);
    const found = this.#held.get(number);
    if (found) return found;
    throw new OobError("USAGE", `Cannot find attachment ${number}: it was left`);
  }

  async leave(args: CallArgs): Promise<void> {
    const attachment = this.get(args);
    this.#held.delete(args.number("attachment", 1, Number.MAX_SAFE_INTEGER));
    await attachment.leave();
  }

  async leaveAll(): Promise<void> {
    const left = [...this.#held.values()].map((attachment) => attachment.leave("lost"));
    this.#held.clear();
    await Promise.allSettled(left);
  }
}

/** Answers one call: a promise of its value, or the items of a stream. */
type Method = (
  site: Site,
  args: CallArgs,
  attachments: Attachments,
) => Promise<unknown> | AsyncIterable<unknown>;

const time = (args: CallArgs, name: string) => {
  const value = args.optionalNumber(name, 0, MAX_TIME);
  return value === undefined ? {} : { [name]: value };
};

const optional = <T>(name: string, value: T | undefined) =>
  value === undefined ? {} : { [name]: value };

/** What a client may call: Site, method by method, with every argument checked. */
export const METHODS: ReadonlyMap<string, Method> = new Map<string, Method>([
  ["hosts", (site) => site.hosts()],
  ["groups", (site) => site.groups()],
  ["status", (site, args) => site.status(args.texts("hosts"), { power: args.flag("power") })],
  ["attach", attach],
  ["attachment.events", (_site, args, attachments) => attachments.get(args).events],
  ["attachment.write", (_site, args, at) => at.get(args).write(args.bytes("bytes"))],
  [
    "attachment.sendBreak",
    (_site, args, at) => at.get(args).sendBreak(args.optionalNumber("ms", 1, 60_000)),
  ],
  [
    "attachment.setMode",
    (_site, args, at) => at.get(args).setMode(args.choice("mode", SEAT_MODES), args.text("reason")),
  ],
  [
    "attachment.repaint",
    (_site, args, at) => at.get(args).repaint(args.optionalNumber("lines", 0, 1_000_000)),
  ],
  ["attachment.message", (_site, args, at) => at.get(args).message(args.text("text"))],
  ["attachment.reopen", (_site, args, at) => at.get(args).reopen()],
  ["attachment.note", (_site, args, at) => at.get(args).note(args.text("text"))],
  ["attachment.leave", (_site, args, at) => at.leave(args)],
  ["who", (site, args) => site.who(args.texts("hosts"))],
  ["kick", (site, args) => site.kick(args.text("session"), args.text("reason"))],
  ["message", (site, args) => site.message(args.text("to"), args.text("text"))],
  ["calls", (site, args) => site.calls(args.texts("hosts"))],
  [
    "line",
    (site, args) =>
      site.line({ host: args.text("host"), act: args.choice("act", ["ask", "dial", "hangup"]) }),
  ],
  ["screen", (site, args) => site.screen(args.text("host"))],
  ["log", log],
  ["powerStatus", (site, args) => site.powerStatus(args.texts("hosts"))],
  ["power", power],
  ["outlets", (site, args) => site.outlets(args.text("pdu"))],
  ["proveMap", proveMap],
  [
    "loads",
    (site, args) =>
      site.loads({
        hosts: args.texts("hosts"),
        since: args.number("since", 0, MAX_TIME),
        steps: args.number("steps", 1, MAX_STEPS),
      }),
  ],
  [
    "hold",
    (site, args) =>
      site.hold(args.texts("hosts"), args.number("forMs", 0, MAX_FOR), args.text("reason")),
  ],
  ["release", (site, args) => site.release(args.texts("hosts"))],
  ["events", events],
  ["channels", (site) => site.channels()],
  ["anchors", (site) => site.anchors()],
  ["testChannels", (site, args) => site.testChannels(args.texts("channels"))],
  ["incidents", (site, args) => site.incidents(args.texts("hosts"))],
  ["incident", (site, args) => site.incident(args.number("id", 0, Number.MAX_SAFE_INTEGER))],
  [
    "closeIncident",
    (site, args) =>
      site.closeIncident(args.number("id", 0, Number.MAX_SAFE_INTEGER), args.text("reason")),
  ],
  ["why", (site, args) => site.why(args.text("host"), { interlocks: args.flag("interlocks") })],
  [
    "approveIncident",
    (site, args) =>
      site.approveIncident(
        args.number("id", 0, Number.MAX_SAFE_INTEGER),
        args.choice("rung", ["sysrq", "soft", "single-user", "cycle"]),
        args.text("reason"),
        args.optionalText("confirm"),
      ),
  ],
  [
    "denyIncident",
    (site, args) =>
      site.denyIncident(args.number("id", 0, Number.MAX_SAFE_INTEGER), args.text("reason")),
  ],
  ["intents", (site) => site.intents()],
  [
    "approveIntent",
    (site, args) =>
      site.approveIntent(
        args.number("id", 0, Number.MAX_SAFE_INTEGER),
        args.optionalText("confirm"),
      ),
  ],
  [
    "withdrawIntent",
    (site, args) =>
      site.withdrawIntent(args.number("id", 0, Number.MAX_SAFE_INTEGER), args.text("reason")),
  ],
  [
    "incidentLink",
    (site, args) =>
      site.incidentLink(
        args.number("id", 0, Number.MAX_SAFE_INTEGER),
        args.choice("may", ["view", "answer"]),
      ),
  ],
  ["runbooks", (site) => site.runbooks()],
  ["run", run],
  ["clearMarks", (site, args) => site.clearMarks(args.texts("hosts"), args.text("reason"))],
  ["schedule", (site, args) => site.schedule(args.texts("hosts"))],
  ["reports", (site, args) => site.reports(args.texts("hosts"))],
  ["report", (site, args) => site.report(args.text("host"), args.optionalText("runbook"))],
  ["daily", (site, args) => site.daily(args.texts("hosts"), args.text("runbook"))],
  ["watch", (site, args) => site.watch(args.texts("hosts"))],
]);

async function attach(site: Site, args: CallArgs, attachments: Attachments) {
  const attachment = await site.attach({
    host: args.text("host"),
    mode: args.choice("mode", SEAT_MODES),
    reason: args.text("reason"),
    replayLines: args.number("replayLines", 0, 1_000_000),
    filter: args.choice("filter", ["safe", "strict", "raw"]),
    columns: args.number("columns", 1, 10_000),
    rows: args.number("rows", 1, 10_000),
    ...optional("from", args.optionalText("from")),
  });
  return { attachment: attachments.add(attachment) };
}

function log(site: Site, args: CallArgs) {
  return site.log({
    host: args.text("host"),
    ...time(args, "since"),
    ...time(args, "until"),
    ...optional("grep", args.optionalText("grep")),
    ...optional("fixed", args.optionalFlag("fixed")),
    ...optional("ignoreCase", args.optionalFlag("ignoreCase")),
    ...optional("context", args.optionalNumber("context", 0, 10_000)),
    ...optional("last", args.optionalNumber("last", 0, 10_000_000)),
    follow: args.flag("follow"),
    raw: args.flag("raw"),
  });
}

function power(site: Site, args: CallArgs) {
  const graceful = args.optionalPart("graceful");
  return site.power({
    verb: args.choice("verb", ["on", "off", "cycle", "reset", "soft", "nmi", "identify"]),
    hosts: args.texts("hosts"),
    dryRun: args.flag("dryRun"),
    force: args.flag("force"),
    reason: args.text("reason"),
    ...optional("confirm", args.optionalText("confirm")),
    ...(graceful && {
      graceful: {
        within: graceful.number("within", 1000, 86_400_000),
        thenHard: graceful.flag("thenHard"),
      },
    }),
  });
}

function proveMap(site: Site, args: CallArgs) {
  return site.proveMap({
    pdu: args.text("pdu"),
    outlet: args.text("outlet"),
    called: args.text("called"),
    fromOn: args.flag("fromOn"),
    dryRun: args.optionalFlag("dryRun") ?? false,
    reason: args.text("reason"),
  });
}

function events(site: Site, args: CallArgs) {
  return site.events({
    hosts: args.texts("hosts"),
    ...time(args, "since"),
    ...optional("type", args.optionalText("type")),
    follow: args.flag("follow"),
  });
}

function run(site: Site, args: CallArgs) {
  return site.run({
    runbook: args.text("runbook"),
    hosts: args.texts("hosts"),
    set: args.record("set"),
    dryRun: args.flag("dryRun"),
    force: args.optionalFlag("force") ?? false,
    reason: args.text("reason"),
    ...optional("parallel", args.optionalNumber("parallel", 1, MAX_PARALLEL)),
    keepGoing: args.optionalFlag("keepGoing") ?? false,
  });
}
