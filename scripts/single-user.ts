import { defineRunbook, minutes, OobError, type RunbookHands, seconds, textOf } from "oob/sdk";

const PROMPT =
  /Give root password for|type Control-D for normal startup|press Control-D to continue|Press Enter for maintenance/i;
const LOCKED = /root account is locked/;
const SHELL = /(?:^|\n)[^\n]{0,120}[#$] ?$/;

/** Takes the host down by the gentlest way that the entry allows; says which it was. */
async function takeDown({ console, power, host, options, note }: RunbookHands): Promise<string> {
  const way = textOf(options, "by");
  if (way === "reboot" || way === "auto") {
    try {
      await console.login();
      await console.send(" reboot\r");
      return "reboot from its shell";
    } catch (thrown) {
      if (way === "reboot" || !(thrown instanceof OobError)) throw thrown;
      note(`no shell to reboot from: ${thrown.message}`);
    }
  }
  if (way === "sysrq") {
    for (const letter of ["s", "u", "b"]) {
      await console.sendBreak();
      await console.send(letter);
      await console.expect(/sysrq: (?:Emergency|Resetting)/i, seconds(8));
    }
    return "SysRq";
  }
  const { verified } = await power.cycle();
  if (!verified)
    throw new OobError(
      "POWER_UNVERIFIED",
      `Cannot go on at ${host.name}: the outlets did not read back`,
    );
  return "power cycle";
}

/** At the maintenance prompt or already in a shell: ends in a shell of root, proven. */
async function enterShell({ console, host, options }: RunbookHands): Promise<void> {
  const shown = await console.expect([LOCKED, PROMPT, SHELL], minutes(5));
  if (shown.which === 0) {
    throw new OobError(
      "LOGIN_REFUSED",
      `Cannot enter single-user mode at ${host.name}: its root account is locked`,
      {
        hint: 'Run it with --set arguments="init=/bin/sh"',
      },
    );
  }
  await console.login();
  const id = await console.run("id -u");
  const line = await console.run("cat /proc/cmdline");
  const wanted = textOf(options, "arguments");
  if (id.output.trim() !== "0" || !line.output.includes(wanted)) {
    throw new OobError(
      "RUNBOOK_FAILED",
      `Cannot prove single-user mode at ${host.name}: id is "${id.output.trim()}", the kernel was booted with "${line.output.trim()}"`,
    );
  }
}

/** Boots the host to a root shell in single-user mode, runs a command there if one is given, and goes back. */
export default defineRunbook({
  title: "Single-user mode and back",
  summary:
    "Restarts the host, edits its boot entry over the console, proves the root shell, returns to multi-user",
  risk: "disrupt",
  sources: [
    "GNU GRUB Manual 2.06, 17.2",
    "systemd-debug-generator(8), rescue.target",
    "sulogin(8)",
  ],
  options: {
    by: {
      kind: "choice",
      choices: ["auto", "reboot", "sysrq", "cycle"],
      default: "auto",
      summary: "how to take it down; auto: reboot from a shell, else cycle",
    },
    arguments: {
      kind: "text",
      default: "single",
      summary: "kernel arguments to add for this one boot",
    },
    command: { kind: "text", summary: "a command line to run in single-user mode" },
    stay: { kind: "boolean", default: false, summary: "stay in single-user mode" },
  },
  timeout: minutes(20),
  async run(hands) {
    const { console, host, options, act, step, note, boot } = hands;
    const wanted = textOf(options, "arguments");
    const way = await step("take the host down", () =>
      act(`restart ${host.name} into single-user mode (${textOf(options, "by")})`, () =>
        takeDown(hands),
      ),
    );
    if (!way) return `${host.name} was left as it is`;
    note(`down by ${way}`);
    const loader = await step("boot loader", () => boot.intercept(wanted, minutes(5)));
    note(`${loader} boots with "${wanted}"`);
    await step("root shell", () => enterShell(hands));
    const command = textOf(options, "command");
    if (command !== "") await step("command", () => runThere(hands, command));
    if (options.stay === true)
      return `${host.name} is in single-user mode, booted with "${wanted}"`;
    await step("back to multi-user", async () => {
      await console.send(" exit\r");
      await console.expect(/\blogin: *$/, minutes(10));
    });
    return `${host.name} was in single-user mode and shows its login prompt again`;
  },
});

async function runThere({ console, act, note }: RunbookHands, command: string): Promise<void> {
  const result = await act(`run "${command}" in single-user mode`, () =>
    console.run(command, minutes(5)),
  );
  if (!result) return;
  for (const line of result.output.trimEnd().split("\n")) note(`| ${line}`);
  note(`"${command}" ended with ${result.status}`);
  if (result.status !== 0) {
    throw new OobError(
      "RUNBOOK_FAILED",
      `Cannot call it done: "${command}" ended with ${result.status}`,
    );
  }
}
