import { defineRunbook, durationOf, LOGIN_PROMPT, minutes, rebootBySysrq } from "oob/sdk";

/** Linux's magic SysRq over BREAK: sync, remount read-only, reboot. */
export default defineRunbook({
  title: "Reboot by SysRq: sync, remount read-only, reboot",
  summary:
    "Sends BREAK and h first; goes on only if the kernel answers, since a lost BREAK would type the letter",
  risk: "disrupt",
  sources: ["Linux Documentation/admin-guide/sysrq.rst"],
  options: {
    "boot-within": { kind: "duration", summary: "how long the boot may take (10m)" },
  },
  timeout: minutes(60),
  async run({ console, options, act, step, note, host, dryRun }) {
    const bootWithin = durationOf(options, "boot-within", minutes(10));
    await step("SysRq", () =>
      act(`see that the kernel answers BREAK h, then s, u and b on ${host.name}`, () =>
        rebootBySysrq(console, host.name, note),
      ),
    );
    if (dryRun) return `${host.name} was left as it is`;
    await step("login prompt", () => console.expect(LOGIN_PROMPT, bootWithin, "a login prompt"));
    return `${host.name} was rebooted by SysRq and shows its login prompt`;
  },
});
