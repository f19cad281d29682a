import { type Advisory, type Finding, findingOf, isEcosystemOf } from "oob/codec/advisories";
import { newerKernel } from "oob/codec/kernel-choice";
import {
  type Drawer,
  type PackageList,
  type PackageSystem,
  packagesScript,
  readPackages,
} from "oob/codec/package-list";
import {
  captured,
  changesSince,
  countsText,
  defineRunbook,
  durationOf,
  enterHost,
  type FeedReading,
  flagOf,
  formatDuration,
  hours,
  keptKeys,
  minutes,
  OobError,
  type RunbookHands,
  readFeeds,
  textOf,
} from "oob/sdk";

const STALE_AFTER = hours(72);
/** Most rows of a table of the report. */
const MAX_ROWS = 500;

type Drawers = Readonly<Record<string, Drawer>>;
interface Memory {
  readonly drawers: Drawers;
  readonly keys: readonly string[];
}

const isMemory = (value: unknown): value is Memory =>
  typeof value === "object" && value !== null && "drawers" in value && "keys" in value;

/** The packages, of which only what changed since the last look comes over the line. */
async function packageList(hands: RunbookHands, known: Drawers): Promise<PackageList> {
  const jails = flagOf(hands.options, "jails");
  const sums = Object.fromEntries(Object.entries(known).map(([drawer, { sum }]) => [drawer, sum]));
  const told = readPackages(
    await captured(hands, "package list", packagesScript(sums, jails)),
    known,
  );
  if (!told.damaged) return told;
  const whole = await captured(hands, "package list, whole", packagesScript({}, jails));
  const list = readPackages(whole, {});
  if (!list.damaged) return list;
  throw fault(hands, "its package list is not whole");
}

const fault = ({ host }: RunbookHands, why: string, hint?: string) =>
  new OobError("RUNBOOK_FAILED", `Cannot match ${host.name} with advisories: ${why}`, {
    ...(hint === undefined ? {} : { hint }),
  });

const systemText = ({ jail, id, version, packager }: PackageSystem): string =>
  `${jail === "" ? "the host" : `jail ${jail}`} (${[id, version].filter(Boolean).join(" ") || packager || "unknown"})`;

/** Each advisory once for each source package: a dozen packages are built from one. */
function match(list: PackageList, advisories: readonly Advisory[]): ReadonlyMap<string, Finding> {
  const byName = new Map<string, Advisory[]>();
  for (const advisory of advisories) {
    const own = byName.get(advisory.name);
    if (own) own.push(advisory);
    else byName.set(advisory.name, [advisory]);
  }
  const findings = new Map<string, Finding>();
  for (const installed of list.packages) {
    const system = list.systems.find(({ jail }) => jail === installed.jail);
    if (!system) continue;
    const names = new Set([installed.name, installed.source]);
    for (const advisory of [...names].flatMap((name) => byName.get(name) ?? [])) {
      const finding = findingOf(advisory, system, installed);
      const key = `${installed.jail} ${advisory.name} ${advisory.id}`.trim();
      // Two feeds may speak of one fault: the one that knows what mends it counts.
      if (finding && findings.get(key)?.fixed === undefined) findings.set(key, finding);
    }
  }
  return findings;
}

const SEVERITIES = ["critical", "high", "medium", "low", "unknown"] as const;
const rank = ({ advisory, fixed }: Finding): number =>
  SEVERITIES.indexOf(advisory.severity) + (fixed === undefined ? SEVERITIES.length : 0);

const rowOf = ({ advisory, installed, fixed }: Finding) => ({
  advisory: advisory.id,
  severity: advisory.severity,
  package: `${installed.jail === "" ? "" : `${installed.jail}: `}${advisory.name}`,
  installed: installed.name === advisory.name ? installed.version : installed.sourceVersion,
  fixed: fixed ?? "not yet",
  summary: advisory.summary.slice(0, 100),
});

/** What of the feeds cannot be relied upon. */
function doubts(
  hands: RunbookHands,
  { feeds, unknown, ecosystems }: FeedReading,
  list: PackageList,
): string[] {
  const stale = durationOf(hands.options, "stale-after", STALE_AFTER);
  const now = hands.now();
  const unserved = list.systems.filter(
    (system) => ![...ecosystems].some((ecosystem) => isEcosystemOf(ecosystem, system)),
  );
  if (unserved.some(({ jail }) => jail === ""))
    throw fault(
      hands,
      `no feed speaks of ${unserved.map(systemText).join(", ")}`,
      `The folder has: ${feeds.map(({ kind }) => kind).join(", ") || "no feed"}`,
    );
  return [
    ...feeds
      .filter(({ newest }) => now - newest > stale)
      .map(({ kind, newest }) => `the ${kind} feed is ${formatDuration(now - newest)} old`),
    ...feeds
      .filter(({ newest }) => newest - now > stale)
      .map(({ kind }) => `the ${kind} feed is of the future`),
    ...unserved.map((system) => `no feed speaks of ${systemText(system)}`),
    ...(unknown.length > 0
      ? [`${unknown.length} files are no feed that is known, or damaged: ${unknown[0]}`]
      : []),
  ];
}

function tellAll(hands: RunbookHands, all: readonly Finding[], { feeds }: FeedReading): void {
  const { report } = hands;
  const mendable = all.filter(({ fixed }) => fixed !== undefined);
  report.table("To be mended by an upgrade", mendable.slice(0, MAX_ROWS).map(rowOf));
  report.table(
    "All advisories, by severity",
    SEVERITIES.map((severity) => {
      const own = all.filter(({ advisory }) => advisory.severity === severity);
      const open = own.filter(({ fixed }) => fixed === undefined).length;
      return { severity, "an upgrade mends": own.length - open, "not mended yet": open };
    }),
  );
  report.table(
    "Feeds",
    feeds.map(({ kind, files, newest }) => ({
      feed: kind,
      files,
      age: formatDuration(Math.max(0, hands.now() - newest)),
    })),
  );
}

/** Installed packages against the site's mirror of advisories, and the running kernel against the newest installed. */
export default defineRunbook({
  title: "Security advisories for what is installed",
  summary:
    "Package list as a daily difference, matched here with OSV, Debian tracker or VuXML files; the kernel too",
  risk: "read",
  sources: [
    "deb-version(7)",
    "rpm-version(7)",
    "pkg-version(8)",
    "ossf.github.io/osv-schema 1.6",
    "security-tracker.debian.org/tracker/data/json",
    "vuxml.org, vuxml-1.1",
  ],
  needs: ["login"],
  options: {
    feeds: { kind: "text", required: true, summary: "folder here with the feeds" },
    "stale-after": { kind: "duration", summary: "how old a feed may be (72h)" },
    jails: { kind: "boolean", default: false, summary: "jails and containers, too" },
  },
  timeout: minutes(60),
  async run(hands) {
    const { report, memory, options, step } = hands;
    await enterHost(hands);
    const recalled = await memory.recall();
    const list = await packageList(hands, isMemory(recalled) ? recalled.drawers : {});
    const names = new Set(list.packages.flatMap(({ name, source }) => [name, source]));
    const reading = await step("feeds", () =>
      readFeeds(textOf(options, "feeds"), (name) => names.has(name)),
    );
    const doubt = doubts(hands, reading, list);
    const findings = match(list, reading.advisories);
    const all = [...findings.values()].sort((a, b) => rank(a) - rank(b));
    const mendable = all.filter(({ fixed }) => fixed !== undefined);
    const { fresh } = changesSince(recalled, [...findings.keys()]);
    const kernel = newerKernel(list);
    report.news("News", [
      ...doubt.map((what) => ({ what, package: "", severity: "", fixed: "" })),
      ...(kernel === undefined
        ? []
        : [
            {
              what: `a boot would run another kernel than ${list.running}`,
              package: "kernel",
              severity: "",
              fixed: kernel,
            },
          ]),
      ...[...findings]
        .filter(([key]) => fresh.has(key))
        .slice(0, MAX_ROWS)
        .map(([, { advisory, fixed }]) => ({
          what: advisory.id,
          package: advisory.name,
          severity: advisory.severity,
          fixed: fixed ?? "not yet",
        })),
    ]);
    tellAll(hands, all, reading);
    await memory.remember({ ...keptKeys([...findings.keys()]), drawers: list.drawers });
    const urgent = mendable.some(
      ({ advisory }) => advisory.severity === "critical" || advisory.severity === "high",
    );
    const counts = countsText({
      "an upgrade mends": mendable.length,
      "not mended yet": all.length - mendable.length,
      new: fresh.size,
    });
    const rest = [...doubt, ...(kernel === undefined ? [] : [`kernel ${kernel} waits for a boot`])];
    return {
      verdict: urgent ? "act" : mendable.length + fresh.size + rest.length > 0 ? "look" : "ok",
      text: [`${list.packages.length} packages, advisories: ${counts || "none"}`, ...rest].join(
        "; ",
      ),
    };
  },
});
