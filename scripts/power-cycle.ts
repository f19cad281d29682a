import { defineRunbook, durationOf, LOGIN_PROMPT, minutes } from "oob/sdk";

/** Cycles the host's outlets and sees the host come back to a login prompt. */
export default defineRunbook({
  title: "Cycle the power and see the host come back",
  summary:
    "All outlets off, verified; wait; on, verified; then boot messages and the login prompt on the console",
  risk: "disrupt",
  sources: ["docs/guides/runbooks.md"],
  needs: ["power"],
  options: {
    "boot-within": { kind: "duration", summary: "how long the boot may take (10m)" },
  },
  timeout: minutes(60),
  async run({ console, power, options, act, step, host, dryRun }) {
    const bootWithin = durationOf(options, "boot-within", minutes(10));
    await step("cycle", () => act(`cycle the power of ${host.name}`, () => power.cycle()));
    if (dryRun) return `${host.name} was left as it is, its power is ${await power.read()}`;
    // A host that has power again says something before it asks for a name; what it said before the cut is forgotten.
    await step("first sign of life", () => console.expect(/\S/, bootWithin, "any text"));
    await step("login prompt", () => console.expect(LOGIN_PROMPT, bootWithin, "a login prompt"));
    return `${host.name} was cycled, every outlet was read back, and shows its login prompt`;
  },
});
