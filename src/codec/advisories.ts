/**
 * Security advisories out of the feeds that a site mirrors: OSV records, members of Debian's security tracker, entries of
 * FreeBSD's VuXML; and whether an installed package is one of those that they speak of.
 */
import { printable } from "../lib/printable.ts";
import { cvssScore, type Severity, severityOf } from "./cvss.ts";
import type { InstalledPackage, PackageSystem } from "./package-list.ts";
import { compareVersions, type Packager } from "./package-versions.ts";

/** Most packages and ranges of one advisory. */
const MAX_AFFECTED = 2000;
const MAX_RANGES = 500;

/** Versions from `from` on (all, where it is missing) that are older than `before`, or not newer than `upTo`. */
export interface VersionRange {
  readonly from?: string;
  readonly after?: string;
  readonly before?: string;
  readonly upTo?: string;
}

/** What an advisory says of one package in one system. */
export interface Advisory {
  readonly id: string;
  readonly summary: string;
  readonly severity: Severity;
  readonly name: string;
  /** OSV's ecosystem: "Debian:12"; "codename:bookworm" of Debian's tracker; "FreeBSD". */
  readonly ecosystem: string;
  readonly ranges: readonly VersionRange[];
  readonly versions: readonly string[];
}

/** An advisory that an installed package is subject to. */
export interface Finding {
  readonly advisory: Advisory;
  readonly installed: InstalledPackage;
  /** The version that mends it; undefined where there is none yet. */
  readonly fixed: string | undefined;
}

type Fields = Readonly<Record<string, unknown>>;
const fields = (value: unknown): Fields | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Fields)
    : undefined;
const list = (value: unknown, most: number): readonly unknown[] =>
  Array.isArray(value) ? value.slice(0, most) : [];
const text = (value: unknown, most = 200): string =>
  typeof value === "string" ? printable(value, most) : "";
const version = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value.slice(0, 256) : undefined;

/** The advisories of one OSV record (ossf.github.io/osv-schema); undefined where it is none. Withdrawn ones say nothing. */
export function readOsv(record: unknown): readonly Advisory[] | undefined {
  const osv = fields(record);
  const affected = osv && list(osv.affected, MAX_AFFECTED);
  if (!osv || typeof osv.id !== "string" || !Array.isArray(osv.affected)) return undefined;
  if (osv.withdrawn !== undefined || affected === undefined) return [];
  // Debian's and Alpine's own names say less than the CVE behind them.
  const upstream = [...list(osv.aliases, 20), ...list(osv.upstream, 20)].map((one) =>
    text(one, 60),
  );
  const cve = upstream.find((one) => one.startsWith("CVE-"));
  const id = text(osv.id, 60);
  return affected.flatMap((one) => {
    const entry = fields(one);
    const pack = fields(entry?.package);
    if (!entry || typeof pack?.name !== "string" || typeof pack.ecosystem !== "string") return [];
    return {
      id: cve === undefined || id.startsWith("CVE-") ? id : `${id} (${cve})`,
      summary: text(osv.summary) || text(osv.details),
      severity: osvSeverity(osv, entry),
      name: pack.name.slice(0, 256),
      ecosystem: pack.ecosystem.slice(0, 80),
      ranges: list(entry.ranges, MAX_RANGES).flatMap(osvRanges),
      versions: list(entry.versions, 5000).filter((item) => typeof item === "string"),
    };
  });
}

/** Events of a range, in order: from "introduced" to the next "fixed" or "last_affected". */
function osvRanges(value: unknown): VersionRange[] {
  const range = fields(value);
  if (range?.type !== "ECOSYSTEM" && range?.type !== "SEMVER") return [];
  const ranges: VersionRange[] = [];
  let from: string | undefined;
  for (const one of list(range.events, MAX_RANGES)) {
    const event = fields(one);
    const [begins, before, upTo] = [event?.introduced, event?.fixed, event?.last_affected].map(
      version,
    );
    if (begins !== undefined) from = begins;
    if (from === undefined || (before === undefined && upTo === undefined)) continue;
    ranges.push({
      ...(from !== "0" && { from }),
      ...(before !== undefined && { before }),
      ...(upTo !== undefined && { upTo }),
    });
    from = undefined;
  }
  if (from !== undefined) ranges.push(from === "0" ? {} : { from });
  return ranges;
}

function osvSeverity(osv: Fields, entry: Fields): Severity {
  const scores = [...list(entry.severity, 10), ...list(osv.severity, 10)].map((one) =>
    scoreOf(text(fields(one)?.score, 300)),
  );
  const worst = Math.max(0, ...scores.filter((score) => score !== undefined));
  if (worst > 0) return severityOf(worst);
  const said = [entry.ecosystem_specific, entry.database_specific, osv.database_specific]
    .map((one) => fields(one))
    .flatMap((one) => [text(one?.severity, 40), text(one?.urgency, 40)]);
  return said.map(severityWord).find((word) => word !== "unknown") ?? "unknown";
}

const scoreOf = (said: string): number | undefined =>
  /^\d{1,2}(?:\.\d)?$/.test(said) ? Number(said) : cvssScore(said);

function severityWord(said: string): Severity {
  const word = said.toLowerCase().replace(/\*+$/, "");
  if (word === "critical" || word === "high" || word === "medium" || word === "low") return word;
  if (word === "important") return "high";
  if (word === "moderate") return "medium";
  return word === "unimportant" || word === "negligible" ? "low" : "unknown";
}

/** Most advisories of one source package: the kernel has thousands. */
const MAX_TRACKED = 20_000;

/** The advisories of one member of https://security-tracker.debian.org/tracker/data/json: a source package. */
export function readDebianTracker(name: string, member: unknown): readonly Advisory[] {
  return Object.entries(fields(member) ?? {})
    .slice(0, MAX_TRACKED)
    .flatMap(([id, value]) => {
      const entry = fields(value);
      return Object.entries(fields(entry?.releases) ?? {})
        .slice(0, 30)
        .flatMap(([codename, said]) => trackedRelease(name, id, entry, codename, fields(said)));
    });
}

function trackedRelease(
  name: string,
  id: string,
  entry: Fields | undefined,
  codename: string,
  release: Fields | undefined,
): Advisory[] {
  const fixed = version(release?.fixed_version);
  const open = release?.status === "open";
  // "0" stands for a package that never was affected. What is undetermined is counted as open.
  if (fixed === "0" || (!open && release?.status !== "undetermined" && fixed === undefined))
    return [];
  return [
    {
      id: printable(id, 60),
      summary: text(entry?.description),
      severity: severityWord(text(release?.urgency, 40)),
      name: name.slice(0, 256),
      ecosystem: `codename:${codename.slice(0, 40)}`,
      ranges: [!open && fixed !== undefined ? { before: fixed } : {}],
      versions: [],
    },
  ];
}

const unescapeXml = (said: string): string =>
  said.replace(/&(lt|gt|quot|apos|amp|#\d{1,6});/g, (_, name: string) => {
    const known: Readonly<Record<string, string>> = {
      lt: "<",
      gt: ">",
      quot: '"',
      apos: "'",
      amp: "&",
    };
    if (!name.startsWith("#")) return known[name] ?? "";
    return String.fromCodePoint(Math.min(Number(name.slice(1)), 0x10ffff));
  });

const elements = (xml: string, name: string, most: number): string[] =>
  [...xml.matchAll(new RegExp(`<${name}(?: [^>]{0,200})?>([\\s\\S]{0,200000}?)</${name}>`, "g"))]
    .slice(0, most)
    .map((match) => match[1] ?? "");

/** The advisories of one <vuln> of VuXML (vuxml.org, vuxml-1.1); cancelled ones say nothing. */
export function readVuln(xml: string): readonly Advisory[] {
  const vid = /<vuln vid="([\w-]{1,60})"/.exec(xml)?.[1];
  if (vid === undefined || /<cancelled\b/.test(xml.slice(0, 4000))) return [];
  const cve = elements(xml, "cvename", 100)[0];
  const summary = printable(
    unescapeXml(elements(xml, "topic", 1)[0] ?? "")
      .replace(/\s+/g, " ")
      .trim(),
    200,
  );
  const [affects = ""] = elements(xml, "affects", 1);
  return elements(affects, "package", 200).flatMap((pack) => {
    const ranges = elements(pack, "range", MAX_RANGES).map(vulnRange);
    return elements(pack, "name", 200).map((name) => ({
      id: cve === undefined ? vid : printable(cve.trim(), 60),
      summary,
      severity: "unknown" as const,
      name: unescapeXml(name).trim().slice(0, 256),
      ecosystem: "FreeBSD",
      ranges,
      versions: [],
    }));
  });
}

function vulnRange(xml: string): VersionRange {
  const bound = (name: string): string | undefined => {
    const [said] = elements(xml, name, 1);
    return said === undefined ? undefined : unescapeXml(said).trim().slice(0, 256);
  };
  const only = bound("eq");
  // A range of one version is none of all versions.
  if (only !== undefined) return { from: only, upTo: only };
  const [from, after, before, upTo] = [bound("ge"), bound("gt"), bound("lt"), bound("le")];
  return {
    ...(from !== undefined && { from }),
    ...(after !== undefined && { after }),
    ...(before !== undefined && { before }),
    ...(upTo !== undefined && { upTo }),
  };
}

/** What OSV calls a system, by ID of os-release(5). */
const ECOSYSTEMS: Readonly<Record<string, string>> = {
  debian: "Debian",
  ubuntu: "Ubuntu",
  alpine: "Alpine",
  almalinux: "AlmaLinux",
  rocky: "Rocky Linux",
  rhel: "Red Hat",
  opensuse: "openSUSE",
  "opensuse-leap": "openSUSE",
  sles: "SUSE",
  mageia: "Mageia",
  wolfi: "Wolfi",
  freebsd: "FreeBSD",
};

/** Whether an advisory's ecosystem is this system: "Debian:12", "Ubuntu:22.04:LTS", "Alpine:v3.18". */
export function isEcosystemOf(ecosystem: string, system: PackageSystem): boolean {
  if (ecosystem === "FreeBSD") return system.packager === "pkg";
  const [name = "", ...parts] = ecosystem.split(":");
  if (name === "codename") return system.id === "debian" && parts[0] === system.codename;
  if (ECOSYSTEMS[system.id] !== name) return false;
  const numbers = parts
    .map((part) => part.replace(/^v(?=\d)/, ""))
    .filter((part) => /\d/.test(part));
  return (
    numbers.length === 0 ||
    numbers.some((number) => system.version === number || system.version.startsWith(`${number}.`))
  );
}

/** Whether a version is in the range. */
function isIn(packager: Packager, installed: string, range: VersionRange): boolean {
  const compared = (bound: string) => compareVersions(packager, installed, bound);
  return (
    (range.from === undefined || compared(range.from) >= 0) &&
    (range.after === undefined || compared(range.after) > 0) &&
    (range.before === undefined || compared(range.before) < 0) &&
    (range.upTo === undefined || compared(range.upTo) <= 0)
  );
}

/** What an advisory means for an installed package of its name; undefined: nothing. */
export function findingOf(
  advisory: Advisory,
  system: PackageSystem,
  installed: InstalledPackage,
): Finding | undefined {
  const { packager } = system;
  if (packager === undefined || !isEcosystemOf(advisory.ecosystem, system)) return undefined;
  const bySource = packager === "dpkg" || packager === "apk";
  if (advisory.name !== (bySource ? installed.source : installed.name)) return undefined;
  const has = bySource ? installed.sourceVersion : installed.version;
  const hit = advisory.ranges.find((range) => isIn(packager, has, range));
  if (hit) return { advisory, installed, fixed: hit.before };
  return advisory.versions.includes(has) ? { advisory, installed, fixed: undefined } : undefined;
}
