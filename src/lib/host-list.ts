import { OobError } from "./errors.ts";
import { nearest } from "./nearest.ts";
import { expandNumbers } from "./number-range.ts";

/** More names than this from one command line is a slip of the finger. */
const MAX_HOSTS = 10_000;
/** Longest pattern that is looked at. */
const MAX_PATTERN = 1000;

/** Hosts by the name of their group, which is typed behind an "@". */
export type HostGroups = ReadonlyMap<string, readonly string[]>;
const NO_GROUPS: HostGroups = new Map();

/** A device given by URL ("serial:/dev/ttyS0", "telnet://ts1:7003"): host names hold no colon. */
export function isUrl(word: string): boolean {
  return /^[a-z][a-z0-9+-]*:./.test(word);
}

/** Whether words of a command line name a group: groups are asked for only then. */
export function namesGroup(words: readonly string[]): boolean {
  return words.some((word) => !isUrl(word) && /(?:^|[\s,!])@/.test(word));
}

/**
 * The hosts that words of a command line mean, in the order given, each once: names, URLs, lists "web[1-3,5],db1",
 * globs "web*", groups "@db", exclusions "!web7". A word that means nothing is an error: acting on fewer hosts than
 * somebody believes is as wrong as acting on more.
 */
export function expandHosts(
  words: readonly string[],
  known: readonly string[],
  groups: HostGroups = NO_GROUPS,
): string[] {
  const names = new Set(known);
  const wanted = new Set<string>();
  const excluded = new Set<string>();
  for (const pattern of words.flatMap(splitList)) {
    const negative = pattern.startsWith("!");
    for (const host of hostsOf(negative ? pattern.slice(1) : pattern, names, groups))
      (negative ? excluded : wanted).add(host);
  }
  if (wanted.size === 0 && excluded.size > 0)
    throw new OobError("USAGE", "Cannot choose hosts: there are only exclusions", {
      hint: "Say from which hosts: '*,!web7'",
    });
  const hosts = [...wanted].filter((host) => !excluded.has(host));
  if (hosts.length > 0) return hosts;
  throw words.length === 0 ? noneNamed(known) : noneLeft(known);
}

const noneLeft = (known: readonly string[]): OobError =>
  new OobError("USAGE", "Cannot choose hosts: none is left", { hint: listing(known) });

const noneNamed = (known: readonly string[]): OobError =>
  new OobError("USAGE", "Cannot choose hosts: none is named", {
    hint: known.length === 0 ? listing(known) : `${listing(known)}; all of them: '*'`,
  });

function hostsOf(
  pattern: string,
  known: ReadonlySet<string>,
  groups: HostGroups,
): readonly string[] {
  if (isUrl(pattern)) return [pattern];
  if (pattern.startsWith("@")) return groupOf(pattern, known, groups);
  return expandBrackets(pattern).flatMap((name) => {
    const where = name === pattern ? "" : `, in "${pattern}"`;
    if (!/[*?]/.test(name)) {
      if (known.has(name)) return [name];
      throw unknownHost(name, [...known], where);
    }
    const found = [...known].filter((host) => globMatches(name, host));
    if (found.length === 0)
      throw new OobError("HOST_UNKNOWN", `Cannot find a host like "${name}"${where}`, {
        hint: listing([...known]),
      });
    return found;
  });
}

function groupOf(
  pattern: string,
  known: ReadonlySet<string>,
  groups: HostGroups,
): readonly string[] {
  const hosts = groups.get(pattern.slice(1));
  const gone = hosts?.find((host) => !known.has(host));
  if (gone !== undefined) throw unknownHost(gone, [...known], `, in "${pattern}"`);
  if (hosts !== undefined) return hosts;
  const names = [...groups.keys()].map((name) => `@${name}`);
  const near = nearest(pattern, names);
  const all =
    names.length === 0 ? 'No group is configured, under "groups:"' : listed("Groups", names);
  throw new OobError("HOST_UNKNOWN", `Cannot find group "${pattern}": no entry has this name`, {
    hint: near === undefined ? all : `Did you mean "${near}"?`,
  });
}

/** The error for a name that no host has. */
function unknownHost(name: string, known: readonly string[], where: string): OobError {
  const near = nearest(name, known);
  return new OobError(
    "HOST_UNKNOWN",
    `Cannot find host "${name}": no entry has this name${where}`,
    {
      hint: near === undefined ? listing(known) : `Did you mean "${near}"?`,
    },
  );
}

const LISTED = 12;
function listing(known: readonly string[]): string {
  if (known.length === 0) return "No host is configured; a URL works without configuration";
  return listed("Hosts", known);
}

function listed(what: string, names: readonly string[]): string {
  const more = names.length > LISTED ? `, and ${names.length - LISTED} more` : "";
  return `${what}: ${names.slice(0, LISTED).join(", ")}${more}`;
}

/** Cuts "web[1-3,5],db1 db2" at commas and blanks outside of brackets. URLs stay whole. */
function splitList(word: string): string[] {
  if (isUrl(word)) return [word];
  if (word.length > MAX_PATTERN) throw malformed(`${word.slice(0, 40)}…`, "is too long");
  const parts = word.trim().split(/(?:\s*,\s*|\s+)(?![^[\]]*\])/);
  if (parts.some((part) => /^!?@?$/.test(part))) throw malformed(word, "has an empty part");
  return parts;
}

/** "web[08-10,12]" gives web08 web09 web10 web12; leading zeros keep their width. Throws USAGE. */
export function expandBrackets(pattern: string): string[] {
  const open = pattern.indexOf("[");
  if (open < 0) {
    if (pattern.includes("]")) throw malformed(pattern, 'has a "]" without "["');
    return [pattern];
  }
  const close = pattern.indexOf("]", open);
  if (close < 0) throw malformed(pattern, 'has a "[" without "]"');
  const head = pattern.slice(0, open);
  const items = expandNumbers(pattern.slice(open + 1, close), MAX_HOSTS);
  if (typeof items === "string") throw malformed(pattern, items);
  const tails = expandBrackets(pattern.slice(close + 1));
  if (items.length * tails.length > MAX_HOSTS) throw malformed(pattern, "means too many hosts");
  return items.flatMap((item) => tails.map((tail) => head + item + tail));
}

function malformed(pattern: string, why: string): OobError {
  return new OobError("USAGE", `Cannot read the host list "${pattern}": it ${why}`, {
    hint: "Forms: web1  web[1-3,5]  'web*'  @group  '*,!web7'",
  });
}

/** Linear matching with one retry point: no pattern makes it slow. */
export function globMatches(glob: string, name: string): boolean {
  let [g, n, star, retry] = [0, 0, -1, 0];
  while (n < name.length) {
    if (g < glob.length && glob[g] === "*") {
      star = g++;
      retry = n;
    } else if (g < glob.length && (glob[g] === "?" || glob[g] === name[n])) {
      g++;
      n++;
    } else if (star >= 0) {
      g = star + 1;
      n = ++retry;
    } else {
      return false;
    }
  }
  while (glob[g] === "*") g++;
  return g === glob.length;
}
