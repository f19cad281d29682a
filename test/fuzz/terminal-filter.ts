import { MAX_CSI_BYTES, MAX_CSI_NUMBER } from "../../src/codec/control-sequence.ts";
import { TerminalFilter } from "../../src/codec/terminal-filter.ts";
import { concatBytes, latin1, utf8 } from "../../src/lib/bytes.ts";
import type { Subject } from "../codec/subject.ts";
import { codecTarget, type FuzzTarget } from "./fuzz-target.ts";

/** Pieces of hostile and ordinary output. */
export const TERMINAL_WORDS: readonly Uint8Array[] = [
  ..."[ ] P X ^ _ k \\ c ( 0 7 8 = > # % D M".split(" ").map((one) => utf8(`\x1b${one}`)),
  ..."m H J K r h l b c n t q p s u A T X @ S L Z d ~ y".split(" ").map((one) => utf8(one)),
  ..."0 1 3 25 ?25 ?1049 ?2004 ?1003 999 1000 2147483647 ; : > ! $ ' 1;2".split(" ").map(utf8),
  ..."\x07 \x08 \t \n \r \x0e \x0f \x18 \x1a \x1b \x7f \0".split(" ").map((one) => utf8(one)),
  utf8("Kernel panic"),
  utf8("ů€😀"),
  utf8("\u0301\u202e\u200b\u009b\u00ad\ufeff\u061c"),
  latin1("\x9b\x9d\x90\xc2\xe2\x80\xae\xad\xf0\xed\xa0"),
];

const HIDDEN =
  /[\u0080-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/u;
const SEQUENCE =
  /^\x1b(?:[78DEM=>]|\[[0-9;:]*[@ABCDEFGHIJKLMPSTXZ`adefmrsu]|\[\?(?:1|6|7|12|25|47|104[789])(?:;(?:1|6|7|12|25|47|104[789]))*[hl])/;
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Written apart from the filter: takes what it lets through to pieces, and says what is on no list. */
export function notSafe(output: Uint8Array): string | undefined {
  let rest = decoder.decode(output);
  if (HIDDEN.test(rest)) return "a hidden character";
  for (;;) {
    const at = rest.indexOf("\x1b");
    const text = at < 0 ? rest : rest.slice(0, at);
    if (/[\x00-\x06\x0b\x0c\x0e-\x1f\x7f]/.test(text)) return "a control character";
    if (at < 0) return undefined;
    const found = SEQUENCE.exec(rest.slice(at))?.[0];
    if (found === undefined) return `a sequence: ${JSON.stringify(rest.slice(at, at + 20))}`;
    const numbers = found.includes("?") ? [] : [...found.matchAll(/\d+/g)].map(Number);
    if (numbers.some((number) => number > MAX_CSI_NUMBER)) return `a number: ${found.slice(1)}`;
    if (/(?:^|[[;])0*3(?:;[;\d]*)?J$/.test(found)) return "the scroll-back erased";
    rest = rest.slice(at + found.length);
  }
}

/** The same for the filter of logs and reports: text and line ends. */
export function notStrict(output: Uint8Array): string | undefined {
  const text = decoder.decode(output);
  if (HIDDEN.test(text)) return "a hidden character";
  return /[\x00-\x07\x09-\x1f\x7f]/.test(text.replaceAll("\r\n", "")) ? "a control" : undefined;
}

/** The terminal filter under the three laws. */
export const terminalSubject = (mode: "safe" | "strict"): Subject<TerminalFilter, Uint8Array> => ({
  make: () => new TerminalFilter(mode),
  feed: (filter, bytes) => [filter.filter(bytes)],
  join: (parts) => [concatBytes(parts)],
  held: (filter) => filter.held,
  bound: MAX_CSI_BYTES + 4,
  words: TERMINAL_WORDS,
});

const modes = [
  { mode: "safe", fault: notSafe },
  { mode: "strict", fault: notStrict },
] as const;
const laws = modes.map(({ mode }) => codecTarget(terminalSubject(mode)));

const target: FuzzTarget = {
  seeds: TERMINAL_WORDS,
  run(input) {
    for (const law of laws) law.run(input);
    for (const { mode, fault } of modes) {
      const wrong = fault(new TerminalFilter(mode).filter(input));
      if (wrong !== undefined) throw new Error(`${mode} lets through ${wrong}`);
    }
  },
};
export default target;
