import { randomBytes } from "node:crypto";
import {
  CONSOLE_LEVEL,
  defineRunbook,
  LOG_TO_CONSOLE_LOOK,
  LOG_TO_CONSOLE_UNDO,
  type LogPlan,
  logPlan,
  minutes,
  must,
  OobError,
  orBack,
  printable,
  type RunbookHands,
  readLogFacts,
  seconds,
  textOf,
} from "oob/sdk";

const SEEN_WITHIN = seconds(20);
const SETTLES_WITHIN = minutes(5);

/** A line that a person may read, of which the echo of the command is no part: its marker is split by quotes. */
async function seenOnConsole(hands: RunbookHands, command: string, what: string): Promise<void> {
  const { console } = hands;
  const marker = randomBytes(4).toString("hex");
  await console.send(` ${command.replace("MARKER", `oob-"'${marker}'"`)}\r`);
  await console.expect(new RegExp(`oob-${marker}`), SEEN_WITHIN, `${what} on the console`);
}

/** Kernel and log lines are told one by one which way they came. */
async function prove(hands: RunbookHands, kernelToo: boolean): Promise<void> {
  await seenOnConsole(
    hands,
    `logger -p daemon.crit -t oob "test of the console MARKER"`,
    "a log line",
  );
  if (!kernelToo) return;
  await seenOnConsole(
    hands,
    `echo "<3>oob: test of the console MARKER" > /dev/kmsg`,
    "a kernel line",
  );
}

async function change(hands: RunbookHands, plan: LogPlan): Promise<void> {
  const { console, host } = hands;
  await orBack(
    async () => {
      for (const { path, content } of plan.files) {
        await must(hands, `mkdir -p "$(dirname ${path})"`, `make the folder of ${path}`);
        await console.put(path, content, { mode: 0o644 });
      }
      // Not by capture: it lowers the kernel's console level meanwhile, and puts it back afterwards.
      for (const { script, what } of plan.commands) {
        const { status } = await console.run(script, SETTLES_WITHIN);
        if (status !== 0)
          throw new OobError(
            "RUNBOOK_FAILED",
            `Cannot set up ${host.name}: ${what}: it ended with ${status}`,
          );
      }
      await prove(hands, plan.kernelShows);
    },
    async () => {
      await must(hands, plan.undo.join("\n"), "take the settings back", SETTLES_WITHIN);
    },
  );
}

/** Important log lines and kernel messages reach the serial console, and a test line proves it. */
export default defineRunbook({
  title: "Send important log lines to the console",
  summary:
    "Sets rsyslog or journald, the kernel's level, getty and console=, so that the serial line tells; proves it by a test line",
  risk: "type",
  sources: [
    "rsyslog.conf(5); journald.conf(5): ForwardToConsole, TTYPath, MaxLevelConsole",
    "Linux Documentation/admin-guide/serial-console.rst; sysctl kernel.printk",
    "systemd-getty-generator(8); GNU GRUB Manual 6.1",
  ],
  needs: ["login"],
  on: ["linux"],
  options: {
    line: { kind: "text", summary: "its tty, ttyS0; else the one that this shell is on" },
    level: {
      kind: "choice",
      choices: ["crit", "err", "warning", "notice"],
      default: "warning",
      summary: "log lines from this level on",
    },
    undo: { kind: "boolean", default: false, summary: "take back what this runbook had set" },
  },
  timeout: minutes(20),
  async run(hands) {
    const { console, host, step, act, note, options, dryRun, report } = hands;
    await step("log in", () => console.login(seconds(60)));
    await step("identify", () => hands.identify());
    const facts = await step("look", async () => {
      const text = await must(hands, LOG_TO_CONSOLE_LOOK, "look at its logging");
      return readLogFacts(text, (await console.run(CONSOLE_LEVEL)).output);
    });
    const wanted = textOf(options, "line");
    const plan = logPlan(facts, { line: wanted || facts.tty, level: textOf(options, "level") });
    if (typeof plan === "string")
      throw new OobError("RUNBOOK_FAILED", `Cannot set up ${host.name}: ${printable(plan, 200)}`);
    if (options.undo === true) {
      await step("take back", () =>
        act("remove what this runbook had set", () =>
          must(hands, LOG_TO_CONSOLE_UNDO, "take the settings back", SETTLES_WITHIN),
        ),
      );
      return dryRun ? `${host.name} was left as it is` : `${host.name} logs as it did before`;
    }
    for (const line of plan.says) note(line);
    const undo = plan.undo.join("; ");
    await step("set up", () =>
      act(`${plan.does.join("; ")}; see a test line of each kind`, () => change(hands, plan), {
        undo,
      }),
    );
    report.text("How to take it back", plan.undo.join("\n"));
    if (dryRun) return `${host.name} was left as it is`;
    const seen = `${host.name}: log lines from ${textOf(options, "level")} on`;
    if (plan.kernelShows) return `${seen} and kernel messages were seen on ${plan.line}`;
    return {
      verdict: "look",
      text: `${seen} were seen on ${plan.line}; kernel messages come from its next boot on: run this again then`,
    };
  },
});
