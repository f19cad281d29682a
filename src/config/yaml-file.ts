import { readFile } from "node:fs/promises";
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, Scalar } from "yaml";
import { messageOf, OobError } from "../lib/errors.ts";
import { type LinePiece, type Path, type Problem, pathText } from "./problems.ts";

/** A configuration larger than this is not one. */
const MAX_CONFIG_BYTES = 16 * 1024 * 1024;
/** YAML aliases may stand for this many nodes at most: an "alias bomb" ends here. */
const MAX_ALIASES = 200;

type Span = readonly [start: number, end: number];

/** A YAML file that knows where each of its values stands. */
export class YamlFile {
  readonly path: string;
  /** What is wrong with the YAML itself. */
  readonly problems: readonly Problem[];
  /** Plain values; an empty file is an empty mapping. */
  readonly data: unknown;
  readonly #lines: readonly string[];
  readonly #counter = new LineCounter();
  readonly #document: ReturnType<typeof parseDocument>;

  constructor(path: string, text: string) {
    this.path = path;
    this.#lines = text.split(/\r?\n/);
    this.#document = parseDocument(text, {
      lineCounter: this.#counter,
      prettyErrors: false,
      uniqueKeys: isSameKey,
      // `format: 7e1` is a format of characters, not 70.
      customTags: (tags) => tags.filter((tag) => typeof tag === "string" || tag.format !== "EXP"),
    });
    const problems = this.#document.errors.map((error) =>
      this.#problemAt([error.pos[0], error.pos[1]], "", firstLine(error.message)),
    );
    let data: unknown = {};
    if (problems.length === 0) {
      try {
        data = this.#document.toJS({ maxAliasCount: MAX_ALIASES }) ?? {};
      } catch (cause) {
        problems.push(this.#problemAt([0, 1], "", messageOf(cause)));
      }
    }
    this.problems = problems;
    this.data = data;
  }

  /** A problem with the value at `path`, or with its key. The deepest part that exists is pointed at. */
  problem(
    path: Path,
    message: string,
    more: {
      readonly hint?: string;
      readonly at?: "key" | "value";
      readonly severity?: Problem["severity"];
      /** Shown instead of `path`: a host of a range has its own name. */
      readonly shown?: Path;
    } = {},
  ): Problem {
    const span = this.#locate(path, more.at ?? "value");
    const problem = this.#problemAt(span, pathText(more.shown ?? path), message);
    return {
      ...problem,
      severity: more.severity ?? "error",
      ...(more.hint === undefined ? {} : { hint: more.hint }),
    };
  }

  /** The pieces of lines on which the value at `path` stands. */
  piecesOf(path: Path): readonly LinePiece[] {
    const [start, end] = this.#locate(path, "value");
    const first = this.#counter.linePos(start);
    const last = this.#counter.linePos(end);
    const pieces: LinePiece[] = [];
    for (let line = first.line; line <= last.line; line++) {
      const from = line === first.line ? first.col : 1;
      const to = line === last.line ? last.col : (this.#lines[line - 1]?.length ?? 0) + 1;
      if (to > from) pieces.push({ file: this.path, line, column: from, width: to - from });
    }
    return pieces;
  }

  #problemAt([start, end]: Span, path: string, message: string): Problem {
    const { line, col } = this.#counter.linePos(start);
    return {
      severity: "error",
      file: this.path,
      line: Math.max(1, line),
      column: Math.max(1, col),
      path,
      message,
      source: this.#lines[Math.max(1, line) - 1] ?? "",
      width: end - start,
    };
  }

  #locate(path: Path, at: "key" | "value"): Span {
    let node: unknown = this.#document.contents;
    let span: Span = [0, 1];
    for (const [depth, step] of path.entries()) {
      if (isAlias(node)) node = node.resolve(this.#document);
      const child = childOf(node, step);
      if (child === undefined) return span;
      const keySpan = spanOf(child.key) ?? span;
      const keyWanted = at === "key" && depth === path.length - 1;
      span = keyWanted ? keySpan : (spanOf(child.value) ?? keySpan);
      node = child.value;
    }
    return span;
  }
}

/** As the library compares keys, each with each, but quick: 0.2 s less for 1,000 hosts. */
const isSameKey = (a: unknown, b: unknown): boolean =>
  a === b || (a instanceof Scalar && b instanceof Scalar && a.value === b.value);

/** The key and value nodes behind one step of a path. */
function childOf(
  node: unknown,
  step: string | number,
): { key: unknown; value: unknown } | undefined {
  if (isMap(node)) return node.items.find((item) => keyText(item.key) === `${step}`);
  const value: unknown = isSeq(node) ? node.items[Number(step)] : undefined;
  return value === undefined ? undefined : { key: value, value };
}

/** Reads a YAML file; throws CONFIG_NOT_FOUND where it cannot be read. */
export async function readYamlFile(path: string): Promise<YamlFile> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    const isGone = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    throw new OobError(
      "CONFIG_NOT_FOUND",
      `Cannot read configuration "${path}": ${isGone ? "there is no such file" : messageOf(cause)}`,
      { cause, hint: 'Name the file with --config, or make one at "~/.config/oob/oob.yaml"' },
    );
  }
  if (bytes.length > MAX_CONFIG_BYTES)
    throw new OobError(
      "CONFIG_INVALID",
      `Cannot read configuration "${path}": ${bytes.length} bytes, at most ${MAX_CONFIG_BYTES} are read`,
    );
  return new YamlFile(path, bytes.toString("utf8"));
}

function keyText(key: unknown): string {
  return isScalar(key) ? String(key.value) : String(key);
}

/** Where a node stands, without what follows on later lines. */
function spanOf(node: unknown): Span | undefined {
  if (!(isScalar(node) || isMap(node) || isSeq(node) || isAlias(node))) return undefined;
  const range = node.range;
  return range ? [range[0], Math.max(range[0] + 1, range[1])] : undefined;
}

const firstLine = (text: string): string => text.split("\n")[0] ?? text;
