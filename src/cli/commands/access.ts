import { OobError } from "../../lib/errors.ts";
import { type Call, defineCommand } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { JSON_VERSION } from "../json-views.ts";
import { chooseVerb } from "../verbs.ts";

const MAX_HOSTS_SHOWN = 8;

export default defineCommand({
  usage: "<verb> [words...]",
  about: `why USER HOST VERB  whether USER may do it, and which rule decides; exit 0: yes, 4: no
list [USER]         what everybody, or one user, may do on which hosts

By the configuration as it stands on disk. Verbs: attach, spy, log, status, power, run, hold, kick, or '*' for all.`,
  options: [{ flags: "--config <file>", summary: "configuration file" }],
  examples: ["oob access why kim db1 power", "oob access list kim"],
  siteless: true,
  async run(call) {
    const [word = "", ...words] = call.args;
    return chooseVerb("access", word, ["why", "list"]) === "why"
      ? why(call, words)
      : list(call, words);
  },
});

async function why({ out, options, context }: Call & Configured, words: readonly string[]) {
  const [user, host, verb, ...more] = words;
  if (user === undefined || host === undefined || verb === undefined || more.length > 0)
    throw new OobError("USAGE", "Cannot tell why: a user, a host and a verb are needed", {
      hint: "oob access why kim db1 power",
    });
  const answer = (await book(options.config, context.env)).why(user, host, verb);
  const { allowed, text, socket } = answer;
  if (options.json) out.json({ v: JSON_VERSION, ...answer });
  else {
    const style = allowed ? "green" : "red";
    out.line({ text: allowed ? "yes" : "no", style }, `  ${user} ${verb} ${host}: ${text}`);
    if (!socket)
      out.talk(`${user} has no socket: with the daemon this holds once "users:" has ${user}`);
  }
  return allowed ? undefined : EXIT.notPermitted;
}

async function list({ out, options, context }: Call & Configured, words: readonly string[]) {
  const [user, ...more] = words;
  if (more.length > 0) throw new OobError("USAGE", `Cannot list "${more.join(" ")}": one user`);
  const all = (await book(options.config, context.env)).list(user);
  if (options.json) {
    out.json({ v: JSON_VERSION, users: all });
    return undefined;
  }
  const rows = all.flatMap(({ user: who, socket, may }) => {
    const name = socket || who === "*" ? who : `${who} (no socket)`;
    if (may.length === 0) return [[name, "nothing", ""]];
    return may.map(({ verbs, hosts }) => [name, verbs.join(" "), shortened(hosts)]);
  });
  out.table([{ title: "USER" }, { title: "MAY" }, { title: "ON" }], rows);
  return undefined;
}

interface Configured {
  readonly options: { readonly config?: string };
}

async function book(config: string | undefined, env: Call["context"]["env"]) {
  const { AccessBook } = await (await import("../../daemon/offline.ts")).access();
  return AccessBook.open(config, env);
}

function shortened(hosts: readonly string[]): string {
  const shown = hosts.slice(0, MAX_HOSTS_SHOWN).join(" ");
  const more = hosts.length - MAX_HOSTS_SHOWN;
  return more > 0 ? `${shown} and ${more} more` : shown;
}
