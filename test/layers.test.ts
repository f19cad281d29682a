import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const MAX_LINES = 300;

/** Layer → what it may import of ours. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  codec: ["lib"],
  sdk: ["lib", "codec"],
  config: ["lib", "sdk"],
  core: ["lib", "codec", "sdk", "config"],
  daemon: ["lib", "codec", "sdk", "config", "core"],
  cli: ["lib", "codec", "sdk"],
  mocks: ["lib", "codec"],
  drivers: [],
  scripts: [],
};
/** What commands may import besides: the daemon's doors, and the interface behind them, which is types alone. */
const DOORS = [
  ...["client", "main", "offline", "demo"].map((door) => `src/daemon/${door}.ts`),
  ...["site", "who", "line-act", "load-view"].map((part) => `src/core/site/${part}.ts`),
  "src/core/notify/notify-view.ts",
];

interface Source {
  readonly path: string;
  readonly layer: string;
  readonly text: string;
  readonly imports: readonly string[];
}

const filesBelow = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => join(folder, file));

const layerOf = (path: string): string => path.split("/")[path.startsWith("src/") ? 1 : 0] ?? "";

/** Text without comments, so that words in them count for nothing. */
const code = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");

function importsOf(text: string): string[] {
  const found = [...text.matchAll(/^\s*(?:import|export)\b[^"';]*?\bfrom\s+"([^"]+)"/gm)];
  found.push(
    ...text.matchAll(/^\s*import\s+"([^"]+)"/gm),
    ...text.matchAll(/\bimport\(\s*"([^"]+)"/g),
  );
  return found.map((match) => match[1] ?? "");
}

const sources: Source[] = ["src", "drivers", "scripts", "mocks"].flatMap(filesBelow).map((path) => {
  const text = readFileSync(join(ROOT, path), "utf8");
  return { path, layer: layerOf(path), text, imports: importsOf(code(text)) };
});

/** The file of ours that an import means, or undefined for a package. */
const target = (source: Source, specifier: string): string | undefined =>
  specifier.startsWith(".")
    ? relative(ROOT, resolve(ROOT, dirname(source.path), specifier))
    : undefined;

function forbidden(source: Source): string[] {
  const allowed = MAY_IMPORT[source.layer];
  if (allowed === undefined) return [`${source.path}: in no known layer`];
  const isDriver = source.layer === "drivers" || source.layer === "scripts";
  return source.imports
    .filter((specifier) => {
      const file = target(source, specifier);
      if (file === undefined)
        return (
          (specifier.startsWith("oob/") &&
            !(isDriver && /^oob\/(?:sdk|codec\/[a-z0-9-]+)$/.test(specifier))) ||
          (source.layer === "codec" && specifier.startsWith("node:"))
        );
      if (isDriver) return true;
      const layer = layerOf(file);
      if (layer === source.layer || allowed.includes(layer)) return false;
      if (source.layer === "cli" && DOORS.includes(file)) return false;
      return !(/^src\/daemon\/demo(?:-[a-z]+)?\.ts$/.test(source.path) && layer === "mocks");
    })
    .map((specifier) => `${source.path} imports "${specifier}"`);
}

/** One cycle of imports, or undefined. */
function findCycle(graph: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): string[] | undefined => {
    const at = trail.indexOf(path);
    if (at >= 0) return [...trail.slice(at), path];
    if (done.has(path)) return undefined;
    for (const next of graph.get(path) ?? []) {
      const cycle = visit(next, [...trail, path]);
      if (cycle) return cycle;
    }
    done.add(path);
    return undefined;
  };
  for (const path of graph.keys()) {
    const cycle = visit(path, []);
    if (cycle) return cycle;
  }
  return undefined;
}

describe("layers", () => {
  test("imports point one way only", () => {
    expect(sources.flatMap(forbidden)).toEqual([]);
  });

  test("every import of ours names a file that exists", () => {
    const known = new Set(sources.map((source) => source.path));
    const lost = sources.flatMap((source) =>
      source.imports
        .map((specifier) => target(source, specifier))
        .filter((file) => file !== undefined && !known.has(file) && !file.endsWith(".json"))
        .map((file) => `${source.path} imports ${file}`),
    );
    expect(lost).toEqual([]);
  });

  test("no imports run in a circle", () => {
    const graph = new Map(
      sources.map((source) => [
        source.path,
        source.imports.map((one) => target(source, one)).filter((file) => file !== undefined),
      ]),
    );
    expect(findCycle(graph)).toBeUndefined();
  });

  test("findCycle() finds a circle", () => {
    const graph = new Map([
      ["a", ["b"]],
      ["b", ["c"]],
      ["c", ["b"]],
    ]);
    expect(findCycle(graph)).toEqual(["b", "c", "b"]);
  });

  test("core names no driver", () => {
    const named = sources
      .filter((source) => ["core", "config", "daemon", "cli"].includes(source.layer))
      .filter((source) => source.imports.some((one) => /(?:^|\/)(?:drivers|scripts)\//.test(one)));
    expect(named.map((source) => source.path)).toEqual([]);
  });
});

describe("files", () => {
  test(`have at most ${MAX_LINES} lines`, () => {
    const long = sources
      .map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }))
      .filter(({ lines }) => lines > MAX_LINES);
    expect(long).toEqual([]);
  });

  test("have names in kebab-case, and index.ts stands in src/sdk alone", () => {
    const odd = sources.filter(({ path }) => {
      const name = path.split("/").at(-1) ?? "";
      return !/^[a-z0-9]+(?:-[a-z0-9]+)*\.ts$/.test(name) || name === "index.ts";
    });
    expect(odd.map(({ path }) => path)).toEqual(["src/sdk/index.ts"]);
  });

  test("take time and randomness from the clock: only src/lib asks the machine", () => {
    const asking = sources.filter(
      ({ layer, text }) =>
        layer !== "lib" &&
        layer !== "mocks" &&
        /\b(?:Date\.now|new Date\(\)|setTimeout|setInterval|Math\.random|performance\.now)\b/.test(
          code(text),
        ),
    );
    expect(asking.map(({ path }) => path)).toEqual([]);
  });
});
