import { defineRunbook, durationOf, minutes, OobError, printable, seconds, textOf } from "oob/sdk";

/** What is typed, by the beginning of the host's `os`. Each ends with power off where the machine can do that. */
const COMMANDS: readonly (readonly [os: string, command: string])[] = [
  ["linux", "poweroff"],
  ["freebsd", "shutdown -p now"],
  ["openbsd", "shutdown -p now"],
  ["netbsd", "shutdown -p now"],
];

/**
 * What a kernel says last, at the beginning of a line; file systems are unmounted by then. Linux: kernel/reboot.c. The
 * BSDs: halt in sys/kern/kern_shutdown.c (FreeBSD), boot() in sys/arch/amd64/amd64/machdep.c (OpenBSD, NetBSD).
 */
const DOWN =
  /(?:^|\n)(?:\[ {0,6}\d{1,7}\.\d{6}\] )?(?:reboot: (?:Power down|System halted)|Power down\.|System halted\.|The operating system has halted|Attempting to power down\.\.\.|acpi0: Powering system off|Powering system off using ACPI)/;

/** The shell, or the command itself, says no; the command's own name stands in that line. */
const REFUSED =
  /(?:^|\n)[^\n]{0,80}(?:poweroff|shutdown|halt|sh|Failed)[^\n]{0,80}: [^\n]{0,80}(?:not permitted|denied|not found|super-?user|must be root|NOT root|authentication required)/i;
/** After this, such words come from services that are being stopped. */
const REFUSES_WITHIN = seconds(4);
const GOES_DOWN_WITHIN = minutes(5);

/** Shuts the host down as somebody at its console would, and sees its kernel say so. Power is not touched. */
export default defineRunbook({
  title: "Shut the host down in order",
  summary: "Logs in, types the shutdown, and waits until the kernel says that it is down",
  risk: "disrupt",
  sources: ["systemd poweroff(8)", "FreeBSD, OpenBSD and NetBSD shutdown(8)"],
  needs: ["login"],
  options: {
    command: { kind: "text", summary: "what is typed; by the host's os where it is not given" },
    within: { kind: "duration", summary: "how long it may take (5m)" },
  },
  timeout: minutes(70),
  async run({ console, options, act, step, host, dryRun }) {
    const within = durationOf(options, "within", GOES_DOWN_WITHIN);
    const known = COMMANDS.find(([os]) => host.os.startsWith(os));
    const command = textOf(options, "command") || known?.[1];
    if (command === undefined || /\p{Cc}/u.test(command))
      throw new OobError(
        "RUNBOOK_INVALID",
        `Cannot shut ${host.name} down: no command is known for os "${host.os}"`,
        { hint: `Say it in its entry: shutdown: "halt -p"` },
      );
    if (!dryRun) await step("log in", () => console.login());
    await act(`shut ${host.name} down by "${printable(command, 60)}"`, () =>
      console.send(` ${command}\r`),
    );
    if (dryRun) return `${host.name} was left as it is`;
    await step("power-down on the console", async () => {
      const first = await console
        .expect([DOWN, REFUSED], Math.min(REFUSES_WITHIN, within))
        .catch((thrown: unknown) => {
          if (thrown instanceof OobError && thrown.code === "EXPECT_TIMEOUT") return undefined;
          throw thrown;
        });
      if (first?.which === 1)
        throw new OobError(
          "RUNBOOK_FAILED",
          `Cannot shut ${host.name} down: it says "${printable(first.match[0]?.trim() ?? "", 120)}"`,
          { hint: `Its login has to be root, or shutdown: has to name what it may run` },
        );
      if (first === undefined)
        await console.expect(DOWN, Math.max(0, within - REFUSES_WITHIN), "the kernel's last words");
    });
    return `${host.name} is down: its kernel said so`;
  },
});
