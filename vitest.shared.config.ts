import { defineConfig, mergeConfig } from "vitest/config";
import base from "./vitest.config.ts";

/** Suites on recordings and logs that are kept outside the project (see test/shared/README.md). */
export default mergeConfig(
  { ...base, test: {} },
  defineConfig({
    test: {
      include: ["test/shared/**/*.test.ts"],
      exclude: ["node_modules/**"],
      testTimeout: 300_000,
      hookTimeout: 120_000,
      fileParallelism: false,
    },
  }),
);
