import {
  defineRunbook,
  LOGIN_PROMPT,
  MAINTENANCE_PROMPT,
  messageOf,
  minutes,
  OobError,
  ROOT_LOCKED,
  type RunbookHands,
  rebootBySysrq,
  SHELL_PROMPT,
  textOf,
} from "oob/sdk";

const LOADER_WITHIN = minutes(5);
const BOOT_WITHIN = minutes(10);
/** Words that a shell's single quotes and every boot loader leave alone. */
const PLAIN = /^[\w.,:=/@%+~-]+(?: [\w.,:=/@%+~-]+)*$/;
/** The kernel starts a shell in place of init: leaving it would panic the kernel. */
const SHELL_AS_INIT = /(?:^| )(rd)?init=/;

const WAYS = {
  reboot: "reboot it from its shell",
  sysrq: "reboot it by SysRq s, u, b",
  cycle: "cycle its power",
  auto: "reboot it from its shell, or cycle its power where no shell answers",
} as const;
type Way = keyof typeof WAYS;

/** Restarts the host by the gentlest way that was allowed, and has its boot loader add the arguments. */
async function bootWith(hands: RunbookHands, way: Way, wanted: string): Promise<string> {
  const { console, host, note, boot } = hands;
  if (way === "auto" || way === "reboot") {
    try {
      await console.login();
      await demand(hands, 'test "$(id -u)" = 0', "root's shell");
    } catch (thrown) {
      if (way === "reboot" || !isSayable(thrown)) throw thrown;
      note(`no shell to reboot from: ${messageOf(thrown)}`);
      return cycleInto(hands, wanted);
    }
    await console.send(" reboot\r");
  }
  if (way === "sysrq") await rebootBySysrq(console, host.name, note);
  if (way === "cycle") return cycleInto(hands, wanted);
  return boot.intercept(wanted, LOADER_WITHIN);
}

/** The loader's menu may be gone by the time at which the outlets have been read back: both at once. */
async function cycleInto({ power, boot }: RunbookHands, wanted: string): Promise<string> {
  const loader = boot.intercept(wanted, LOADER_WITHIN);
  loader.catch(() => undefined);
  await power.cycle();
  return loader;
}

/** A host that does not answer or refuses may be cycled; a person at the console, a cancelled run may not. */
const isSayable = (thrown: unknown): boolean =>
  thrown instanceof OobError &&
  ["EXPECT_TIMEOUT", "LOGIN_REFUSED", "RUNBOOK_FAILED"].includes(thrown.code);

/** By exit status: the kernel's own lines may stand in any output. */
async function demand(
  { console, host }: RunbookHands,
  command: string,
  what: string,
): Promise<void> {
  const { status } = await console.run(command);
  if (status === 0) return;
  throw new OobError(
    "RUNBOOK_FAILED",
    `Cannot prove ${what} at ${host.name}: "${command}" ended with ${status}`,
  );
}

/** From the boot loader to a shell of root, proven. */
async function enterShell(hands: RunbookHands, wanted: string): Promise<void> {
  const { console, host } = hands;
  const shown = await console.expect(
    [ROOT_LOCKED, MAINTENANCE_PROMPT, LOGIN_PROMPT, SHELL_PROMPT],
    BOOT_WITHIN,
    "root's maintenance prompt or a shell",
  );
  if (shown.which === 0)
    throw new OobError(
      "LOGIN_REFUSED",
      `Cannot enter single-user mode at ${host.name}: its root account is locked`,
      { hint: 'Run it with --set arguments="init=/bin/sh"' },
    );
  if (shown.which === 2)
    throw new OobError(
      "RUNBOOK_FAILED",
      `Cannot enter single-user mode at ${host.name}: it booted to its login prompt in spite of "${wanted}"`,
    );
  await console.login(minutes(1));
  await demand(hands, 'test "$(id -u)" = 0', "root's shell");
  // A shell that the kernel started in place of init finds nothing mounted.
  if (SHELL_AS_INIT.test(wanted))
    await console.run("test -e /proc/cmdline || mount -t proc proc /proc");
  await demand(hands, `grep -qF -- '${wanted}' /proc/cmdline`, "single-user mode");
}

async function runThere({ console, note }: RunbookHands, command: string): Promise<void> {
  const result = await console.run(command, minutes(5));
  for (const line of result.output.trimEnd().split("\n")) note(`| ${line}`);
  if (result.status === 0) return;
  throw new OobError(
    "RUNBOOK_FAILED",
    `Cannot call it done: "${command}" ended with ${result.status}`,
    { hint: "The host stays in single-user mode; go on to multi-user with exit" },
  );
}

async function goBack({ console }: RunbookHands, wanted: string): Promise<void> {
  const init = SHELL_AS_INIT.exec(wanted);
  const leave = init ? ` exec ${init[1] ? "/init" : "/sbin/init"}\r` : " exit\r";
  await console.send(leave);
  await console.expect(LOGIN_PROMPT, BOOT_WITHIN, "a login prompt");
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
    "Linux Documentation/admin-guide/kernel-parameters.rst: single, init=, rdinit=",
  ],
  needs: ["login"],
  options: {
    by: {
      kind: "choice",
      choices: ["auto", "reboot", "sysrq", "cycle"],
      default: "auto",
      summary: "how to restart it; auto: reboot from a shell, else cycle",
    },
    arguments: {
      kind: "text",
      default: "single",
      summary: "kernel arguments to add for this one boot",
    },
    command: { kind: "text", summary: "a command line to run in single-user mode" },
    stay: { kind: "boolean", default: false, summary: "stay in single-user mode" },
  },
  timeout: minutes(40),
  async run(hands) {
    const { options, host, act, step, note, dryRun } = hands;
    const wanted = textOf(options, "arguments").trim();
    const command = textOf(options, "command");
    const way = (textOf(options, "by") || "auto") as Way;
    if (!PLAIN.test(wanted))
      throw new OobError(
        "RUNBOOK_INVALID",
        `Cannot boot ${host.name} with "${wanted}": kernel arguments are words of letters, digits and .,:=/@%+~_-`,
      );
    await step("restart", () =>
      act(`restart ${host.name}: ${WAYS[way]}; add "${wanted}" in its boot loader`, async () => {
        note(`${await bootWith(hands, way, wanted)} boots with "${wanted}"`);
      }),
    );
    await step("root shell", () =>
      act("log in at the maintenance prompt, prove the shell", () => enterShell(hands, wanted)),
    );
    if (command !== "")
      await step("command", () => act(`run "${command}"`, () => runThere(hands, command)));
    if (options.stay !== true)
      await step("back to multi-user", () =>
        act("leave the shell and wait for the login prompt", () => goBack(hands, wanted)),
      );
    if (dryRun) return `${host.name} was left as it is`;
    return options.stay === true
      ? `${host.name} is in single-user mode, booted with "${wanted}"`
      : `${host.name} was in single-user mode and shows its login prompt again`;
  },
});
