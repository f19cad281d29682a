import { defineRunbook, durationOf, minutes, seconds } from "oob/sdk";

/** Cycles the host's outlets and sees the host come back to a login prompt. */
export default defineRunbook({
  title: "Cycle the power and see the host come back",
  summary:
    "All outlets off, verified; wait; on, verified; then boot messages and the login prompt on the console",
  risk: "disrupt",
  sources: ["docs/guides/runbooks.md"],
  options: {
    "boot-within": { kind: "duration", summary: "how long the boot may take (10m)" },
  },
  timeout: minutes(20),
  async run({ console, power, options, act, step, host }) {
    const bootWithin = durationOf(options, "boot-within", minutes(10));
    const outcome = await step("cycle", () =>
      act(`cycle the power of ${host.name}`, () => power.cycle()),
    );
    if (!outcome) return `${host.name} was left as it is`;
    await step("first sign of life", () => console.expect(/\S/, bootWithin));
    await step("login prompt", () => console.expect(/\blogin: *$/, bootWithin));
    await console.settle(seconds(1), seconds(30));
    return `${host.name} was cycled, every outlet was read back, and shows its login prompt`;
  },
});
