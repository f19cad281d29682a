import type { SessionView } from "../../core/site/who.ts";
import { formatDuration } from "../../lib/durations.ts";
import { chooseHosts } from "../chosen-hosts.ts";
import { defineCommand } from "../command.ts";
import { JSON_VERSION } from "../json-views.ts";
import type { Piece } from "../piece.ts";
import type { Column } from "../table.ts";
import { localMinute, utc } from "../times.ts";

const COLUMNS: readonly Column[] = [
  { title: "SESSION" },
  { title: "WHO" },
  { title: "DOES" },
  { title: "SINCE" },
  { title: "IDLE", align: "right" },
  { title: "FROM", flexible: true },
];

const DOES = { write: "writes", join: "writes too", read: "reads" } as const satisfies Record<
  SessionView["mode"],
  string
>;

export default defineCommand({
  usage: "[hosts...]",
  about:
    "The watchdog and runbooks have no session. FROM is what the client of the person says. With --json one document.",
  options: [],
  examples: ["oob who", "oob who 'web[1-9]' --json"],
  async run(call) {
    const { out, args, options } = call;
    const { site, hosts } = await chooseHosts(call, args, { all: true });
    const sessions = await out.waiting("who is there", site.who(args.length === 0 ? [] : hosts));
    if (options.json) {
      out.json({ v: JSON_VERSION, sessions: sessions.map(viewOf) });
      return undefined;
    }
    if (sessions.length > 0) out.table(COLUMNS, sessions.map(rowOf));
    else out.talk(site.via === "daemon" ? "nobody is at a console" : NO_DAEMON);
    return undefined;
  },
});

const NO_DAEMON = "nobody is at a console of this command; without a daemon, it sees no others";

function rowOf({ session, host, who, mode, since, idle, from }: SessionView): Piece[] {
  const does = DOES[mode];
  const time = localMinute(since);
  return [session ?? `${host}/-`, who, does, time, formatDuration(idle), from ?? "-"];
}

function viewOf({ since, idle, ...session }: SessionView): object {
  return { ...session, since: utc(since), idleSeconds: Math.floor(idle / 1000) };
}
