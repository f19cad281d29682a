import { defineConfig, mergeConfig } from "vitest/config";
import base from "./vitest.config.ts";

/** Suites against real peers: QEMU machines, snmpd, ser2net. They wait more than they compute: two files at a time. */
export default mergeConfig(
  { ...base, test: {} },
  defineConfig({
    test: {
      include: ["test/e2e/**/*.test.ts"],
      exclude: ["node_modules/**"],
      // What hangs is found all the same; what is slow, on a machine that others use, is no failure.
      testTimeout: 900_000,
      hookTimeout: 900_000,
      maxWorkers: 2,
    },
  }),
);
