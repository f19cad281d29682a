/**
 * What a line of a serial PDU's table says, read by hand and column by column, apart from the patterns of the profiles:
 * a state that a profile tells and this does not find in the line is a wrong state.
 */

/** One row: the outlet, its word, and the second number that some tables have. */
export interface SaidRow {
  readonly outlet: string;
  readonly word: string;
  readonly number?: string;
}

type Reader = (line: string, step: string) => SaidRow | undefined;

const isWord = (text = ""): boolean => /^[a-z]+$/i.test(text);
const isNumber = (text = "", most = 2): boolean => /^\d+$/.test(text) && text.length <= most;
const cellsOf = (line: string): string[] => line.trim().split(/\s+/);
/** Digits at the beginning, all of them. */
const digitsOf = (text: string): string => /^\d*/.exec(text)?.[0] ?? "";

const baytech: Reader = (line) => {
  const colon = line.lastIndexOf(":");
  const word = line.slice(colon + 1).trim();
  if (colon >= 0 && isWord(word)) {
    const cells = line.slice(0, colon).trim();
    const outlet = digitsOf(cells.replace(/^outlet\s+/i, ""));
    return isNumber(outlet) ? { outlet, word } : undefined;
  }
  const cells = cellsOf(line);
  if (cells.length > 4 && cells.at(-1)?.toLowerCase() === "locked") cells.pop();
  const [outlet = "", number = "", last = ""] = [cells[0], cells.at(-2), cells.at(-1)];
  if (cells.length < 4 || !isNumber(outlet) || !isNumber(number) || !isWord(last)) return undefined;
  return { outlet, word: last, number };
};

const apc: Reader = (line) => {
  const text = line.trim();
  const outlet = digitsOf(text);
  const rest = (text.endsWith("*") ? text.slice(0, -1) : text).trimEnd();
  const [, word = ""] = / {2,}(\S+)$|\t(\S+)$/.exec(rest)?.filter(Boolean) ?? [];
  if (!isNumber(outlet) || text[outlet.length] !== "-" || !/^[A-Z]+$/.test(word)) return undefined;
  return { outlet, word };
};

const blackbox: Reader = (line, step) => {
  const [outlet = "", word = ""] = line.trim().slice(1).split("=");
  const asked = `1${step.split(" ")[1]}`;
  return outlet === asked && /^p/i.test(line) && /^[01]$/.test(word) ? { outlet, word } : undefined;
};

const cyclades: Reader = (line) => {
  const cells = cellsOf(line);
  const [outlet = ""] = cells;
  for (const lock of ["unlocked", "locked"])
    for (const at of [2, 1]) {
      const word = cells[at + 1];
      if (cells[at]?.toLowerCase() !== lock || !isWord(word)) continue;
      return isNumber(outlet, 3) ? { outlet, word: word ?? "" } : undefined;
    }
  return undefined;
};

const dataprobe: Reader = (line) => {
  const [outlet = "", word = "", more, ...rest] = line.trim().split(" ");
  const ends = more === undefined || (more.toLowerCase() === "cycle" && rest.length === 0);
  return ends && /^[1-8]$/.test(outlet) && isWord(word) ? { outlet, word } : undefined;
};

/** Outlet, name or none, state, control: a state of two words has one blank between them, a name has more behind it. */
const sentry: Reader = (line) => {
  const [, outlet, rest] = /^(\.[A-Z]+\d+)\s+(.*)$/.exec(line.trim()) ?? [];
  const columns = (rest ?? "").split(/[ \t]{2,}|\t/);
  if (outlet === undefined || columns.length < 2) return undefined;
  const stated = columns.at(-2) ?? "";
  const words = stated.split(" ");
  // A long name may stand right before the state: what is not written as states are is none of it.
  while (words.length > 1 && !/^[A-Z][a-z]{1,9}$/.test(words[0] ?? "")) words.shift();
  return { outlet, word: words.join(" ") };
};

const nps: Reader = (line, step) => {
  const cells = line.split("|").map((cell) => cell.trim());
  if (cells.length === 7 && cells[6] === "") cells.pop();
  const fourth = step === "status fourth";
  const outlet = cells[0] ?? "";
  const word = (cells[fourth ? 3 : 2] ?? "").replace(/\*$/, "").trim();
  const whole = cells.length === 6 && cells.slice(fourth ? 4 : 3).every((cell) => cell !== "");
  return whole && isNumber(outlet) ? { outlet, word } : undefined;
};

const rps: Reader = (line) => {
  const [plug, outlet = "", word, ...rest] = line.trimEnd().split(" ");
  if (plug !== "Plug" || !isNumber(outlet, 1) || !isWord(word) || rest.length > 0) return undefined;
  return { outlet, word: word ?? "" };
};

/** Readers by profile. */
export const READERS: ReadonlyMap<string, Reader> = new Map([
  ["apc-masterswitch", apc],
  ["baytech-rpc3", baytech],
  ["blackbox-pse", blackbox],
  ["cyclades-pm", cyclades],
  ["dataprobe-iboot", dataprobe],
  ["servertech-sentry", sentry],
  ["wti-nps", nps],
  ["wti-rps", rps],
]);

/** Steps at which a family's table is read. */
export const isTableStep = (family: string, step: string): boolean =>
  family === "apc-masterswitch"
    ? step === "list"
    : family === "wti-rps" || family === "dataprobe-iboot"
      ? step === "typed" || step === "rest"
      : step === "table" || step.startsWith("status ") || step.startsWith("socket ");

/** What a row says of its outlet. */
export function verdict(family: string, { outlet, word, number = outlet }: SaidRow): string {
  if (number !== outlet) return "unknown";
  const [on, off] = family === "blackbox-pse" ? ["1", "0"] : ["on", "off"];
  const said = word.toLowerCase();
  return said === on ? "on" : said === off ? "off" : "unknown";
}
