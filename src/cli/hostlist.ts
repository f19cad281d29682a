import { OobError } from "../lib/errors.ts";
import { nearest } from "../lib/nearest.ts";
import { expandNumbers } from "../lib/number-range.ts";

/** More names than this from one command line is a slip of the finger. */
const MAX_HOSTS = 10_000;
/** Longest pattern that is looked at. */
const MAX_PATTERN = 1000;

/** A device given by URL ("serial:/dev/ttyS0", "telnet://ts1:7003"): host names hold no colon. */
export function isUrl(word: string): boolean {
  return /^[a-z][a-z0-9+-]*:./.test(word);
}

/**
 * The hosts that words of a command line mean, in the order given, each once: names, URLs, lists "web[1-3,5],db1",
 * globs "web*", exclusions "!web7". A word that means nothing is an error: acting on fewer hosts than somebody believes
 * is as wrong as acting on more.
 */
export function expandHosts(words: readonly string[], known: readonly string[]): string[] {
  const wanted = new Set<string>();
  const excluded = new Set<string>();
  for (const pattern of words.flatMap(splitAtCommas)) {
    const negative = pattern.startsWith("!");
    for (const host of hostsOf(negative ? pattern.slice(1) : pattern, known))
      (negative ? excluded : wanted).add(host);
  }
  if (wanted.size === 0 && excluded.size > 0)
    throw new OobError("USAGE", "Cannot choose hosts: there are only exclusions", {
      hint: "Say from which hosts: '*,!web7'",
    });
  const hosts = [...wanted].filter((host) => !excluded.has(host));
  if (hosts.length === 0) throw new OobError("USAGE", "Cannot choose hosts: none is left");
  return hosts;
}

function hostsOf(pattern: string, known: readonly string[]): readonly string[] {
  if (isUrl(pattern)) return [pattern];
  return expandBrackets(pattern).flatMap((name) => {
    if (!/[*?]/.test(name)) {
      if (known.includes(name)) return [name];
      throw unknownHost(name, known);
    }
    const found = known.filter((host) => globMatches(name, host));
    if (found.length === 0)
      throw new OobError("HOST_UNKNOWN", `Cannot find a host like "${name}"`, {
        hint: listing(known),
      });
    return found;
  });
}

/** The error for a name that no host has. */
export function unknownHost(name: string, known: readonly string[]): OobError {
  const near = nearest(name, known);
  return new OobError("HOST_UNKNOWN", `Cannot find host "${name}": no entry has this name`, {
    hint: near === undefined ? listing(known) : `Did you mean "${near}"?`,
  });
}

const LISTED = 12;
function listing(known: readonly string[]): string {
  if (known.length === 0) return "No host is configured; a URL works without configuration";
  const more = known.length > LISTED ? `, and ${known.length - LISTED} more` : "";
  return `Hosts: ${known.slice(0, LISTED).join(", ")}${more}`;
}

/** Cuts "web[1-3,5],db1" at the comma outside of brackets. URLs stay whole. */
function splitAtCommas(word: string): string[] {
  if (isUrl(word)) return [word];
  if (word.length > MAX_PATTERN) throw malformed(word.slice(0, 40), "is too long");
  const parts = word.split(/,(?![^[\]]*\])/);
  if (parts.some((part) => part === "")) throw malformed(word, "has an empty part");
  return parts;
}

/** "web[08-10,12]" gives web08 web09 web10 web12; leading zeros keep their width. */
function expandBrackets(pattern: string): string[] {
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
    hint: "Forms: web1  web[1-3,5]  'web*'  '*,!web7'",
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
