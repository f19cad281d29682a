/**
 * Which of two package versions is newer, as each packager says it. All orders are total over any text, compare numbers of
 * any length, and give -1, 0 or 1.
 */

/** Packagers whose order is known. */
export type Packager = "dpkg" | "rpm" | "pkg" | "apk";

type Order = (one: string, other: string) => number;

/** Longest version that is compared; the rest of a longer one counts for nothing. */
export const MAX_VERSION = 256;

/** -1: `one` is older than `other`; 0: they are the same; 1: it is newer. */
export function compareVersions(packager: Packager, one: string, other: string): number {
  return ORDERS[packager](one.slice(0, MAX_VERSION), other.slice(0, MAX_VERSION));
}

const sign = (difference: number): number => Math.sign(difference) || 0;

/** Numbers as texts of digits, of any length. */
function compareDigits(one: string, other: string): number {
  const [a, b] = [one.replace(/^0+/, ""), other.replace(/^0+/, "")];
  return sign(a.length - b.length) || (a < b ? -1 : a > b ? 1 : 0);
}

const compareText: Order = (one, other) => (one < other ? -1 : one > other ? 1 : 0);

/** deb-version(7): epoch, upstream version and Debian revision, each piece by piece. */
function compareDpkg(one: string, other: string): number {
  const [a, b] = [debParts(one), debParts(other)];
  return (
    compareDigits(a.epoch, b.epoch) ||
    compareDebPart(a.upstream, b.upstream) ||
    compareDebPart(a.revision, b.revision)
  );
}

function debParts(version: string) {
  const [, epoch = "", rest = ""] = /^(?:(\d*):)?([\s\S]*)$/.exec(version.trim()) ?? [];
  const dash = rest.lastIndexOf("-");
  return dash < 0
    ? { epoch, upstream: rest, revision: "" }
    : { epoch, upstream: rest.slice(0, dash), revision: rest.slice(dash + 1) };
}

/** Digits stand for the end of a piece of letters. A tilde sorts before the end, letters before all other signs. */
function debWeight(letter: string | undefined): number {
  if (letter === undefined || isDigit(letter)) return 0;
  if (letter === "~") return -1;
  const code = letter.charCodeAt(0);
  return /[A-Za-z]/.test(letter) ? code : code + 0x10000;
}

const isDigit = (letter: string | undefined): boolean =>
  letter !== undefined && letter >= "0" && letter <= "9";

function compareDebPart(one: string, other: string): number {
  let [a, b] = [0, 0];
  while (a < one.length || b < other.length) {
    while ((a < one.length && !isDigit(one[a])) || (b < other.length && !isDigit(other[b]))) {
      const difference = debWeight(one[a]) - debWeight(other[b]);
      if (difference !== 0) return sign(difference);
      a++;
      b++;
    }
    const [x, y] = [digitsAt(one, a), digitsAt(other, b)];
    const difference = compareDigits(x, y);
    if (difference !== 0) return difference;
    a += x.length;
    b += y.length;
  }
  return 0;
}

function digitsAt(text: string, at: number): string {
  let end = at;
  while (isDigit(text[end])) end++;
  return text.slice(at, end);
}

/** rpm's epoch:version-release (rpm-version(7)); a release that one of them lacks counts for nothing. */
function compareRpm(one: string, other: string): number {
  const [a, b] = [debParts(one), debParts(other)];
  const versions = compareDigits(a.epoch, b.epoch) || compareRpmPart(a.upstream, b.upstream);
  if (versions !== 0 || a.revision === "" || b.revision === "") return versions;
  return compareRpmPart(a.revision, b.revision);
}

/** Pieces of digits, of letters, "~" (older than the end) and "^" (newer than the end); the rest only parts them. */
function compareRpmPart(one: string, other: string): number {
  const [a, b] = [one, other].map((text) => text.match(/\d+|[A-Za-z]+|[~^]/g) ?? []);
  for (let i = 0; ; i++) {
    const [x, y] = [a?.[i], b?.[i]];
    if (x === undefined && y === undefined) return 0;
    const difference = compareRpmPiece(x, y);
    if (difference !== 0) return difference;
  }
}

/** Kinds of piece, the oldest first. */
const rpmRank = (piece: string | undefined): number => {
  if (piece === "~") return 0;
  if (piece === undefined) return 1;
  if (piece === "^") return 2;
  return isDigit(piece[0]) ? 4 : 3;
};

function compareRpmPiece(one: string | undefined, other: string | undefined): number {
  const [a, b] = [rpmRank(one), rpmRank(other)];
  if (a !== b || one === undefined || other === undefined) return sign(a - b);
  return a === 4 ? compareDigits(one, other) : compareText(one, other);
}

/** FreeBSD's version[_revision][,epoch], pkg-version(8): components of a number, a letter and a patch level. */
function comparePkg(one: string, other: string): number {
  const [a, b] = [pkgParts(one), pkgParts(other)];
  return (
    compareDigits(a.epoch, b.epoch) ||
    comparePkgBlocks(a.version, b.version) ||
    compareDigits(a.revision, b.revision)
  );
}

function pkgParts(text: string) {
  const [, version = "", revision = "", epoch = ""] =
    /^([^_,]*)(?:_(\d*))?(?:,(\d*))?/.exec(text.slice(text.lastIndexOf("-") + 1)) ?? [];
  return { version, revision, epoch };
}

type PkgComponent = readonly [number: string, letter: number, patch: string];
const NO_COMPONENT: PkgComponent = ["0", 0, "0"];
/** Words that stand for the stage of a version, by their place in the order of letters. */
const STAGES: Readonly<Record<string, number>> = { pl: 0, alpha: 1, beta: 2, pre: 16, rc: 18 };
/** Below every number. */
const NONE = "";
const SMALLEST = "*";

function comparePkgBlocks(one: string, other: string): number {
  const [a, b] = [one.toLowerCase().split("+"), other.toLowerCase().split("+")];
  for (let block = 0; block < Math.max(a.length, b.length); block++) {
    const [x, y] = [pkgComponents(a[block] ?? ""), pkgComponents(b[block] ?? "")];
    for (let i = 0; i < Math.max(x.length, y.length); i++) {
      const difference = comparePkgComponent(x[i] ?? NO_COMPONENT, y[i] ?? NO_COMPONENT);
      if (difference !== 0) return difference;
    }
  }
  return 0;
}

function pkgComponents(block: string): PkgComponent[] {
  const components: PkgComponent[] = [];
  // A stage after a number begins a component of its own; any other word belongs to the number before it.
  const piece =
    /\*.*|(\d+)(?:(?!(?:pl|alpha|beta|pre|rc)(?![a-z]))([a-z]+)(\d+)?)?|([a-z]+)(\d+)?/g;
  for (const [whole, number, letters, patch, word, level] of block.matchAll(piece)) {
    if (whole.startsWith("*")) components.push([SMALLEST, 0, "0"]);
    else if (number !== undefined)
      components.push([number, letterOf(letters), letters === undefined ? "0" : (patch ?? NONE)]);
    else if (word !== undefined)
      components.push([NONE, STAGES[word] ?? letterOf(word), level ?? NONE]);
  }
  return components;
}

const letterOf = (word: string | undefined): number =>
  word === undefined ? 0 : word.charCodeAt(0) - 96;

function comparePkgComponent(one: PkgComponent, other: PkgComponent): number {
  return (
    comparePkgNumber(one[0], other[0]) ||
    sign(one[1] - other[1]) ||
    comparePkgNumber(one[2], other[2])
  );
}

const pkgRank = (number: string): number => (number === SMALLEST ? 0 : number === NONE ? 1 : 2);

const comparePkgNumber: Order = (one, other) =>
  sign(pkgRank(one) - pkgRank(other)) || compareDigits(one, other);

/** Suffixes of apk's versions around the version itself (apk-package(5)). */
const APK_SUFFIXES = ["alpha", "beta", "pre", "rc", "", "cvs", "svn", "git", "hg", "p"];

/** apk: numbers, a letter, suffixes, the build's revision. */
function compareApk(one: string, other: string): number {
  const [a, b] = [apkParts(one), apkParts(other)];
  return (
    compareApkNumbers(a.numbers, b.numbers) ||
    compareText(a.letter, b.letter) ||
    compareApkSuffixes(a.suffixes, b.suffixes) ||
    compareText(a.hash, b.hash) ||
    // A version without a revision is older than its -r0.
    sign((a.revision === undefined ? 0 : 1) - (b.revision === undefined ? 0 : 1)) ||
    compareDigits(a.revision ?? "", b.revision ?? "") ||
    compareText(a.rest, b.rest)
  );
}

function apkParts(version: string) {
  const [, numbers = "", letter = "", suffixes = "", hash = "", revision, rest = ""] =
    /^(\d*(?:\.\d+)*)([a-z]?)((?:_[a-z]+\d*)*)(?:~([0-9a-f]*))?(?:-r(\d+))?([\s\S]*)$/.exec(
      version.trim(),
    ) ?? [];
  return {
    numbers: numbers.split("."),
    letter,
    suffixes: suffixes.split("_").slice(1),
    hash,
    revision,
    rest,
  };
}

function compareApkNumbers(one: readonly string[], other: readonly string[]): number {
  for (let i = 0; i < Math.max(one.length, other.length); i++) {
    const [a, b] = [one[i], other[i]];
    if (a === undefined || b === undefined) return a === undefined ? -1 : 1;
    // After the first number a leading zero makes a fraction of it: 1.01 is older than 1.1.
    const fraction = i > 0 && (a.startsWith("0") || b.startsWith("0"));
    const difference = fraction ? compareText(a, b) : compareDigits(a, b);
    if (difference !== 0) return difference;
  }
  return 0;
}

function compareApkSuffixes(one: readonly string[], other: readonly string[]): number {
  for (let i = 0; i < Math.max(one.length, other.length); i++) {
    const [a, b] = [one[i] ?? "", other[i] ?? ""].map((text) => /^([a-z]*)(\d*)$/.exec(text));
    const rank = (name = "") => APK_SUFFIXES.indexOf(name);
    const difference =
      sign(rank(a?.[1]) - rank(b?.[1])) || compareDigits(a?.[2] ?? "", b?.[2] ?? "");
    if (difference !== 0) return difference;
  }
  return 0;
}

const ORDERS: Readonly<Record<Packager, Order>> = {
  dpkg: compareDpkg,
  rpm: compareRpm,
  pkg: comparePkg,
  apk: compareApk,
};
