import type { SiteEvent } from "../../core/site/site.ts";
import { OobError } from "../../lib/errors.ts";
import { chooseHosts } from "../chosen-hosts.ts";
import { type Call, defineCommand } from "../command.ts";
import { padToWidth } from "../display-width.ts";
import { EXIT } from "../exit-codes.ts";
import { until } from "../interrupt.ts";
import { JSON_VERSION, timedView } from "../json-views.ts";
import { local, parseTime } from "../times.ts";

// Records stream, so columns cannot be measured; longer ones only push their line to the right.
const WHO_CELLS = 10;
const HOST_CELLS = 8;
const TYPE_CELLS = 14;

interface Options {
  readonly by?: string;
  readonly since?: string;
  readonly until?: string;
  readonly type?: string;
  readonly follow?: boolean;
  readonly check?: boolean;
}

export default defineCommand<Options>({
  usage: "[hosts...]",
  about: `Who did what, when, from where and why: what people, runbooks and the watchdog did, and what was refused to them. Nobody can switch it off; oob events has the rest of the story.

--check reads the trail itself and says whether its chain of hashes is whole. One disk proves no more than "consistent": keep the printed head elsewhere, and a trail that was cut short shows.`,
  options: [
    { flags: "--by <user>", summary: "only what this user did" },
    { flags: "--since <time>", summary: "2h (ago), today, 08:47, 2026-11-22, ISO 8601" },
    { flags: "--until <time>", summary: "nothing later than this" },
    { flags: "--type <type>", summary: "only these: power, session, access, run.end" },
    { flags: "-f, --follow", summary: "go on with what happens" },
    { flags: "--check", summary: "is the trail whole? exit 1: no" },
  ],
  examples: ["oob audit --by kim --since today", "oob audit db1 --type power --json"],
  run: (call) => (call.options.check ? check(call) : print(call)),
});

async function print(call: Call<Options>): Promise<undefined> {
  const { out, args, options, context, interrupt } = call;
  const { type, follow = false } = options;
  const now = context.clock.now();
  const since = options.since === undefined ? {} : { since: parseTime(options.since, now) };
  const end = options.until === undefined ? Number.MAX_VALUE : parseTime(options.until, now);
  // No host named: also what belongs to no host.
  const { site, hosts } =
    args.length === 0 ? { site: await call.site(), hosts: [] } : await chooseHosts(call, args);
  const query = { hosts, follow, ...since, ...(type === undefined ? {} : { type }) };
  for await (const event of until(site.events(query), interrupt.signal, out.closed)) {
    // The clock may have been set back in between: what follows may be earlier again.
    if (event.at <= end && isWanted(event, options.by)) printDeed(call, event);
  }
  return undefined;
}

const isWanted = (event: SiteEvent, by: string | undefined): boolean =>
  by === undefined ? isDeed(event) : event.by === by;

function printDeed({ out, options }: Call<Options>, event: SiteEvent): void {
  const { from, why } = details(event);
  if (options.json) {
    out.json({ ...timedView(event), ...(from && { from }), ...(why && { why }) });
    return;
  }
  const what = `${event.type.padEnd(TYPE_CELLS)}  ${event.text}`;
  const more = `${from && `  from ${from}`}${why && `  because: ${why}`}`;
  out.line(
    local(event.at),
    { text: `  ${padToWidth(event.by, WHO_CELLS)}`, style: "bold" },
    `  ${padToWidth(event.host ?? "-", HOST_CELLS)}  ${what}`,
    { text: more, style: "dim" },
  );
}

/** What oob itself tells of consoles and devices is a story, no deed. */
const isDeed = ({ by, type }: SiteEvent): boolean =>
  by !== "oob" ||
  /^(?:power\.(?:intent|outcome)|watch\.act|run|schedule|daemon|audit)\b/.test(type);

function details({ data = {}, text }: SiteEvent) {
  const said = (name: string) => (typeof data[name] === "string" ? data[name] : "");
  const reason = said("reason");
  return { from: said("from"), why: text.includes(reason) ? "" : reason };
}

async function check({ out, args, options, context }: Call<Options>): Promise<number | undefined> {
  if (args.length > 0)
    throw new OobError("USAGE", "Cannot check the trail of some hosts: there is one for all");
  const door = await (await import("../../daemon/offline.ts")).access();
  const { path, records, consistent, problem, head } = await door.checkTrail(
    options.config,
    context.env,
  );
  if (options.json)
    out.json({ v: JSON_VERSION, path, records, consistent, head, ...(problem && { problem }) });
  else if (problem)
    out.line(
      { text: "not whole", style: "red" },
      `  ${path}: record ${problem.record}: ${problem.why}`,
    );
  else
    out.line({ text: "consistent", style: "green" }, `  ${path}: ${records} records, head ${head}`);
  return consistent ? undefined : EXIT.failed;
}
