import { defineConfig } from "vitest/config";

const source = (path: string) => new URL(path, import.meta.url).pathname;

export default defineConfig({
  resolve: {
    // Drivers and runbooks import "oob/sdk" as a user's own file does; in tests that is the source.
    alias: [
      { find: /^oob\/sdk$/, replacement: source("./src/sdk/index.ts") },
      { find: /^oob\/codec\/(.*)$/, replacement: source("./src/codec/$1.ts") },
    ],
  },
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/e2e/**", "test/shared/**", "node_modules/**"],
    globalSetup: "test/surroundings.ts",
    setupFiles: "test/property-seed.ts",
    // Tests wait for processes and ports more than they compute.
    maxWorkers: "100%",
    // A machine that others use as well takes its time; what hangs is found all the same.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
