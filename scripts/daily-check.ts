import { hostRows } from "oob/codec/host-rows";
import { SCRIPT_HEAD } from "oob/codec/jail-list";
import {
  captured,
  defineRunbook,
  enterAgain,
  enterHost,
  flagOf,
  hours,
  listOf,
  OobError,
  type PartResult,
  type RunbookHands,
  textOf,
  worstVerdict,
} from "oob/sdk";

/** What a host has, one word a line: which parts fit it. */
const FITS_SCRIPT = `${SCRIPT_HEAD}
command -v fail2ban-client >/dev/null 2>&1 && echo fail2ban
command -v sshd >/dev/null 2>&1 && echo ssh-guard
{ command -v ausearch >/dev/null 2>&1 || [ -r /var/log/audit/audit.log ] || [ -d /sys/fs/selinux ]; } && echo avc
for f in /var/log/nginx/*access*log* /var/log/apache2/*access*log* /var/log/httpd/*access*log* /var/log/httpd-access.log* /var/log/lighttpd/access.log*; do [ -f "$f" ] && { echo probes; break; }; done
[ -r /proc/self/maps ] || command -v lsof >/dev/null 2>&1 && echo deleted-libs
echo end
`;

type Settings = Readonly<Record<string, string>>;

/** A part, its settings, and whether it is made: on every host, where the host has what it needs, or where it is told to. */
interface Part {
  readonly name: string;
  readonly set: Settings;
  readonly when: "always" | "fits" | "told" | "not told";
}

function partsOf({ options }: RunbookHands): readonly Part[] {
  const text = (name: string): string => textOf(options, name);
  const given = (settings: Settings): Settings =>
    Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== ""));
  const jails = flagOf(options, "jails");
  const feeds = text("feeds");
  const webLogs = listOf(options, "web-logs").join(",");
  return [
    {
      name: "advisories",
      set: { feeds, jails: String(jails) },
      when: feeds === "" ? "not told" : "told",
    },
    { name: "deleted-libs", set: {}, when: "fits" },
    {
      name: "listeners",
      set: given({ allow: listOf(options, "allow").join(",") }),
      when: "always",
    },
    { name: "fail2ban", set: {}, when: "fits" },
    { name: "avc", set: {}, when: "fits" },
    {
      name: "probes",
      set: given({ "known-good": text("known-good"), logs: webLogs }),
      when: webLogs === "" ? "fits" : "told",
    },
    {
      name: "ssh-guard",
      set: { window: "24h", ...given({ never: listOf(options, "never").join(",") }) },
      when: "fits",
    },
    { name: "logwatch", set: {}, when: "always" },
    { name: "jail-logs", set: {}, when: jails ? "told" : "not told" },
  ];
}

async function fitting(hands: RunbookHands): Promise<ReadonlySet<string>> {
  const text = await captured(hands, "what the host has", FITS_SCRIPT);
  const rows = hostRows(text);
  if (rows.of("end").length === 0)
    throw new OobError(
      "RUNBOOK_FAILED",
      `Cannot look at ${hands.host.name}: its answer is not whole`,
    );
  return new Set(
    partsOf(hands)
      .map(({ name }) => name)
      .filter((name) => rows.of(name).length > 0),
  );
}

const keptParts = (value: unknown): readonly string[] =>
  typeof value === "object" && value !== null && "parts" in value && Array.isArray(value.parts)
    ? value.parts.map(String)
    : [];

interface Made extends Pick<PartResult, "verdict" | "text"> {
  readonly part: string;
}

/** What was made of a host yesterday and does not fit it today has gone away: a person has to know. */
const vanished = (names: readonly string[]): Made[] =>
  names.map((part) => ({
    part,
    verdict: "act",
    text: "it was there at the last look, and is not on the host any more",
  }));

/** The daily look at a host: its parts one after another, what needs a person first, then what is new, then totals. */
export default defineRunbook({
  title: "The daily look at a host",
  summary:
    "Runs the parts that fit the host; a part that could not be made is failed and stands on top",
  risk: "type",
  sources: ["docs/guides/runbooks/daily-check.md"],
  needs: ["login"],
  options: {
    feeds: { kind: "text", summary: "advisories: folder here with the feeds" },
    allow: { kind: "list", summary: "listeners: what may listen" },
    "known-good": { kind: "text", summary: "probes: file here with patterns of known-good paths" },
    "web-logs": { kind: "list", summary: "probes: access logs on the host" },
    never: { kind: "list", summary: "ssh-guard: addresses that are never blocked" },
    jails: { kind: "boolean", default: false, summary: "jails and containers, too" },
    skip: { kind: "list", summary: "parts to leave out" },
  },
  timeout: hours(2),
  async run(hands) {
    const { report, memory, options, host, part } = hands;
    await enterHost(hands);
    const fits = await fitting(hands);
    const before = keptParts(await memory.recall());
    const skip = listOf(options, "skip");
    const all = partsOf(hands).filter(({ name }) => !skip.includes(name));
    const chosen = all.filter(
      ({ name, when }) =>
        when === "always" || when === "told" || (when === "fits" && fits.has(name)),
    );
    const names = chosen.map(({ name }) => name);
    const made: Made[] = vanished(
      before.filter(
        (name) =>
          all.some((one) => one.name === name && one.when === "fits") && !names.includes(name),
      ),
    );
    for (const { name, set } of chosen) {
      const { verdict, text } = await part(name, set);
      if (verdict === "failed") enterAgain(hands);
      made.push({ part: name, verdict, text });
    }
    const order = ["failed", "act", "look", "ok"];
    const sorted = [...made].sort((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict));
    report.news(
      "What needs a person",
      sorted.filter(({ verdict }) => verdict !== "ok").map((one) => ({ ...one })),
    );
    report.table("All parts", [
      ...sorted.map((one) => ({ ...one })),
      ...all
        .filter(({ name }) => !made.some((one) => one.part === name))
        .map(({ name, when }) => ({
          part: name,
          verdict: "not made",
          text: when === "not told" ? "its setting is not given" : "the host has nothing of it",
        })),
    ]);
    // What has gone away is told until somebody leaves it out.
    await memory.remember({
      parts: [...new Set([...names, ...made.map(({ part: name }) => name)])],
    });
    const worst = worstVerdict(
      made.map(({ verdict }) => verdict),
      "ok",
    );
    const first = sorted.filter(({ verdict }) => verdict === worst && verdict !== "ok");
    const text =
      first.length === 0
        ? `${made.length} parts, nothing to do`
        : first
            .map((one) => `${one.part}: ${one.verdict === "failed" ? "FAILED, " : ""}${one.text}`)
            .join("; ");
    if (made.length === 0)
      throw new OobError("RUNBOOK_FAILED", `Cannot look at ${host.name}: every part is left out`);
    return { verdict: worst === "failed" ? "act" : worst, text };
  },
});
