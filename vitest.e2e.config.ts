import { defineConfig, mergeConfig } from "vitest/config";
import base from "./vitest.config.ts";

/** Suites against real peers: QEMU machines, snmpd, ser2net. One file at a time: the machines share two cores. */
export default mergeConfig(
  { ...base, test: {} },
  defineConfig({
    test: {
      include: ["test/e2e/**/*.test.ts"],
      exclude: ["node_modules/**"],
      testTimeout: 180_000,
      hookTimeout: 180_000,
      fileParallelism: false,
    },
  }),
);
