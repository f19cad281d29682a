import { printable } from "../lib/printable.ts";

/** Keys and list positions from the top of a file down to a value. */
export type Path = readonly (string | number)[];

/** Something wrong in a configuration file, with the place where it stands. Lines and columns count from 1. */
export interface Problem {
  readonly severity: "error" | "warning";
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** "hosts.web2.console.port"; empty where the file as a whole is meant. */
  readonly path: string;
  readonly message: string;
  readonly hint?: string;
  /** The line of the file, and how many columns of it are meant. */
  readonly source: string;
  readonly width: number;
}

/** A piece of one line of a file. */
export type LinePiece = Pick<Problem, "file" | "line" | "column" | "width">;

/** `hosts.web2.outlets[1]` */
export function pathText(path: Path): string {
  return path
    .map((step, i) => (typeof step === "number" ? `[${step}]` : `${i > 0 ? "." : ""}${step}`))
    .join("");
}

/** A problem as people read it: place, what is wrong, the line with a caret, and what was probably meant. */
export function formatProblem(problem: Problem): string {
  const where = `${problem.file}:${problem.line}:${problem.column}`;
  const path = problem.path === "" ? "" : `${printable(problem.path)}: `;
  const kind = problem.severity === "warning" ? "warning: " : "";
  const lines = [`${where}: ${kind}${path}${printable(problem.message)}`];
  if (problem.source.trim() !== "") {
    const { text, column } = excerpt(problem.source, problem.column);
    const room = Math.max(1, text.length - column + 1);
    const carets = "^".repeat(Math.min(Math.max(1, problem.width), room));
    lines.push(`    ${text}`, `    ${" ".repeat(column - 1)}${carets}`);
  }
  if (problem.hint !== undefined) lines.push(`    ${printable(problem.hint)}`);
  return lines.join("\n");
}

const EXCERPT_WIDTH = 110;

/** The part of a long line that shows the column, one character a column. */
function excerpt(source: string, column: number): { text: string; column: number } {
  const start = column <= EXCERPT_WIDTH - 20 ? 0 : column - 40;
  const cut = source.slice(start, start + EXCERPT_WIDTH);
  const text = Array.from(cut, (c) => (printable(c).length === 1 ? printable(c) : "?")).join("");
  return { text, column: column - start };
}

/**
 * What looks like a secret in a line of YAML: in a file that is broken, or under a driver that does not exist, nothing
 * else tells. `secret:NAME` is a name and stays; so does the column of everything.
 */
const LOOKS_SECRET =
  /(?<=(?:^|[\s{,"'])[\w-]{0,40}(?:pas+[a-z]{0,8}|pwd|auth|priv|community|token)["']?\s{0,9}:\s{1,40})(?!["']?secret:)(?:"(?:[^"\\]|\\.)*"?|'[^']*'?|[^\s"'{](?:[^,}]*[^\s,}])?)/gi;
/** What stands before the "@" of a URL, and what looks like a secret in its query. */
const SECRET_IN_URL =
  /(?<=[a-z]:\/\/)[^@/\s"']+(?=@)|(?<=[?&][\w-]{0,40}(?:pas+[a-z]{0,8}|pwd|auth|priv|community|token)=)(?!secret:)[^&\s"']+/gi;

const withoutSecrets = (source: string): string =>
  source
    .replace(LOOKS_SECRET, (value) => "*".repeat(value.length))
    .replace(SECRET_IN_URL, (value) => "*".repeat(value.length));

const blankOut = (text: string, from: number, width: number): string => {
  const end = Math.min(text.length, from + width);
  return text.slice(0, from) + "*".repeat(Math.max(0, end - from)) + text.slice(end);
};

/** All problems found so far, in the order of files and lines. */
export class Problems {
  readonly #found: Problem[] = [];
  readonly #hidden: LinePiece[] = [];

  add(problem: Problem): void {
    this.#found.push(problem);
  }

  /** Nothing of this is shown, whatever is found wrong on its line. */
  hide(pieces: readonly LinePiece[]): void {
    this.#hidden.push(...pieces);
  }

  get errors(): number {
    return this.#found.filter((problem) => problem.severity === "error").length;
  }

  sorted(): readonly Problem[] {
    return this.#found
      .map((problem) => ({ ...problem, source: this.#withoutSecrets(problem) }))
      .sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column);
  }

  #withoutSecrets({ file, line, source }: Problem): string {
    let shown = withoutSecrets(source);
    for (const piece of this.#hidden)
      if (piece.file === file && piece.line === line)
        shown = blankOut(shown, piece.column - 1, piece.width);
    return shown;
  }
}
