import { createRequire } from "node:module";

/** The version in package.json, found through the package's own name: same file from source and from dist. */
export function version(): string {
  const about: unknown = createRequire(import.meta.url)("oob/package.json");
  return typeof about === "object" && about !== null && "version" in about
    ? String(about.version)
    : "unknown";
}
