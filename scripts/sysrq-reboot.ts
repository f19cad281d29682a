import { defineRunbook, durationOf, minutes, OobError, seconds } from "oob/sdk";

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
  timeout: minutes(20),
  async run({ console, options, act, step, host }) {
    const key = async (letter: string, answers: readonly RegExp[]) => {
      await console.sendBreak();
      await console.send(letter);
      return console.expect(answers, seconds(8));
    };
    await step("kernel answers", async () => {
      const { which } = await key("h", [/sysrq: HELP/i, /This sysrq operation is disabled/]);
      if (which === 0) return;
      const seen = "the kernel has it disabled";
      throw new OobError("RUNBOOK_FAILED", `Cannot use SysRq at ${host.name}: ${seen}`);
    });
    const done = await step("sync, remount, reboot", () =>
      act(`reboot ${host.name} by SysRq s, u, b`, async () => {
        await key("s", [/Emergency Sync/i]);
        await key("u", [/Emergency Remount/i]);
        await key("b", [/Resetting/i]);
        return true;
      }),
    );
    if (!done) return `${host.name} answers SysRq and was left as it is`;
    await step("login prompt", () =>
      console.expect(/\blogin: *$/, durationOf(options, "boot-within", minutes(10))),
    );
    return `${host.name} was rebooted by SysRq and shows its login prompt`;
  },
});
