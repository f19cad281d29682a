import {
  defineRunbook,
  demand,
  demandPlain,
  enterShell,
  goMultiUser,
  LOGIN_PROMPT,
  MAINTENANCE_PROMPT,
  messageOf,
  minutes,
  OobError,
  type OptionValues,
  provenLevel,
  ROOT_LOCKED,
  type RunbookHands,
  rebootBySysrq,
  type SingleUserLevel,
  type SystemBoot,
  seconds,
  systemOf,
  tellLevel,
  textOf,
} from "oob/sdk";

/** Servers test themselves for minutes. */
const LOADER_WITHIN = minutes(10);
const BOOT_WITHIN = minutes(10);
/** A kernel that starts a shell in place of init has mounted nothing. */
const SHELL_AS_INIT = /(?:^| )(?:rd)?init=/;
/** These come to a shell without a password. */
const ASKS_NOBODY = /(?:^| )(?:(?:rd)?init=|(?:rd\.)?break\b)/;
/** What a BREAK may lead to: a firmware's prompt, or a kernel's debugger. */
const DEBUGGER = /(?:^|\n)(?:ddb(?:\{\d{1,4}\})?>|db(?:\{\d{1,4}\})?>|\[\d{1,4}\]>) ?$/;
const FIRMWARE = /Type +'?go'? to resume|\{[\da-f]{1,3}\} ok ?$/;

const WAYS = {
  reboot: "reboot it from its shell",
  sysrq: "reboot it by SysRq s, u, b",
  break: "stop it by BREAK, and start it anew from its firmware or its kernel's debugger",
  cycle: "cycle its power",
  loader: "go on from the boot loader in which it waits",
  auto: "reboot it from its shell, or cycle its power where no shell answers",
} as const;
type Way = keyof typeof WAYS;

/** What one run is to do. */
interface Wanted {
  readonly system: SystemBoot;
  readonly way: Way;
  readonly words: string;
  readonly entry: readonly string[];
  readonly hidden: boolean;
}

/** Restarts the host by the gentlest way that was allowed, and has its boot loader add the arguments. */
async function bootWith(hands: RunbookHands, wanted: Wanted): Promise<string> {
  const { console, host, note } = hands;
  const { way, system } = wanted;
  if (way === "auto" || way === "reboot") {
    try {
      await console.login();
      await demand(hands, 'test "$(id -u)" = 0', "root's shell");
    } catch (thrown) {
      if (way === "reboot" || !isSayable(thrown, wanted)) throw thrown;
      note(`no shell to reboot from: ${messageOf(thrown)}`);
      return cycleInto(hands, wanted);
    }
    await console.send(` ${system.reboot}\r`);
  }
  if (way === "sysrq") await rebootBySysrq(console, host.name, note);
  if (way === "break") await stopByBreak(hands);
  if (way === "cycle") return cycleInto(hands, wanted);
  return intercept(hands, wanted);
}

const intercept = (
  { boot }: RunbookHands,
  { words, entry, way, hidden }: Wanted,
): Promise<string> =>
  boot.intercept(words, LOADER_WITHIN, {
    ...(entry.length > 0 ? { entry } : {}),
    standing: way === "loader",
    cold: way === "cycle",
    hidden,
  });

/** The loader's menu may be gone by the time at which the outlets have been read back: both at once. */
async function cycleInto(hands: RunbookHands, wanted: Wanted): Promise<string> {
  const loader = intercept(hands, { ...wanted, way: "cycle" });
  loader.catch(() => undefined);
  await hands.power.cycle();
  return loader;
}

/** BREAK halts a SPARC into its firmware, whose prompt is a loader's; a BSD's debugger is left by a reset. */
async function stopByBreak({ console, note }: RunbookHands): Promise<void> {
  await console.sendBreak();
  const { which } = await console.expect(
    [DEBUGGER, FIRMWARE],
    seconds(10),
    "the prompt of a kernel's debugger or of a firmware",
  );
  if (which === 1) {
    // The prompt is asked for once more: the loader's driver looks for what comes from now on.
    await console.send("\r");
    return;
  }
  note("BREAK led to the kernel's debugger: disks are not synced");
  await console.type("reboot\r");
}

/**
 * A host that does not answer may be cycled; a person at the console, a cancelled run may not. One that refuses the
 * password lives, and would be cut for nothing where its maintenance prompt asks for the same one.
 */
const isSayable = (thrown: unknown, { system, words }: Wanted): boolean =>
  thrown instanceof OobError &&
  (["EXPECT_TIMEOUT", "RUNBOOK_FAILED"].includes(thrown.code) ||
    (thrown.code === "LOGIN_REFUSED" && (system.name !== "Linux" || ASKS_NOBODY.test(words))));

/** From the boot loader to root's shell, with the proof that nothing else runs. */
async function enter(hands: RunbookHands, wanted: Wanted): Promise<SingleUserLevel> {
  const { console, host, note } = hands;
  const { system, words } = wanted;
  const stand = await enterShell(hands, words);
  if (SHELL_AS_INIT.test(words))
    await console.run("test -e /proc/cmdline || mount -t proc proc /proc");
  if (system.bootedWith) await demand(hands, system.bootedWith(words), "single-user mode");
  const level = await provenLevel(hands, system, stand);
  if (!level)
    throw new OobError(
      "RUNBOOK_FAILED",
      `Cannot prove single-user mode at ${host.name}: root's shell answers, but none of ${system.name}'s single-user states holds`,
      { hint: `Look at it: oob attach ${host.name}; back with: oob run multi-user ${host.name}` },
    );
  note(`it is in ${level.name}`);
  await tellLevel(hands, system);
  return level;
}

/** Ctrl-D at a maintenance prompt goes on to multi-user: nobody waits there whose password is refused. */
async function goOn({ console, note }: RunbookHands): Promise<void> {
  await console.expect(MAINTENANCE_PROMPT, minutes(1), "root's maintenance prompt once more");
  await console.send("\x04");
  await console.expect(LOGIN_PROMPT, BOOT_WITHIN, "a login prompt");
  note("the password was refused: it was led on to its login prompt");
}

/** What the restart led to is no state to leave a host in: it is started once more, by a way that was allowed. */
async function startAgain(hands: RunbookHands, way: Way, thrown: unknown): Promise<never> {
  const { console, power, note, host } = hands;
  if (
    thrown instanceof OobError &&
    thrown.code === "LOGIN_REFUSED" &&
    !ROOT_LOCKED.test(thrown.message)
  ) {
    await goOn(hands).catch((again: unknown) => note(`it stays as it is: ${messageOf(again)}`));
    throw thrown;
  }
  const stuck =
    thrown instanceof OobError && /root account is locked|its kernel says/.test(thrown.message);
  if (!stuck || !(thrown instanceof OobError)) throw thrown;
  try {
    if (way === "sysrq") await rebootBySysrq(console, host.name, note);
    else if (way === "auto" || way === "cycle") await power.cycle();
    else throw new OobError("RUNBOOK_FAILED", `"by=${way}" has no way to do it`);
    await console.expect(LOGIN_PROMPT, BOOT_WITHIN, "a login prompt");
    note("it was started once more, without other arguments, and shows its login prompt");
  } catch (again) {
    note(`it stays as it is: it cannot be started once more: ${messageOf(again)}`);
  }
  throw thrown;
}

async function runThere({ console, note }: RunbookHands, command: string): Promise<void> {
  const result = await console.run(command, minutes(5));
  for (const line of result.output.trimEnd().split("\n")) note(`| ${line}`);
  if (result.status === 0) return;
  throw new OobError(
    "RUNBOOK_FAILED",
    `Cannot call it done: "${command}" ended with ${result.status}`,
    { hint: "The host stays in single-user mode; back with: oob run multi-user" },
  );
}

function read(host: RunbookHands["host"], options: OptionValues): Wanted {
  const system = systemOf(host.os);
  if (!system)
    throw new OobError(
      "RUNBOOK_INVALID",
      `Cannot enter single-user mode at ${host.name}: nothing is known of one for os "${host.os}"`,
      { hint: `Set hosts.${host.name}.os` },
    );
  const words = textOf(options, "arguments").trim() || system.arguments;
  demandPlain(words);
  const entry = textOf(options, "entry")
    .split(">")
    .map((title) => title.trim())
    .filter((title) => title !== "");
  const way = (textOf(options, "by") || "auto") as Way;
  return { system, words, entry, way, hidden: options.hidden === true };
}

/** Boots the host to a root shell in single-user mode, runs a command there if one is given, and goes back. */
export default defineRunbook({
  title: "Single-user mode and back",
  summary:
    "Restarts the host, has its boot loader start it single-user, proves the state, returns to multi-user",
  risk: "disrupt",
  sources: [
    "GNU GRUB Manual 2.06, 17.2",
    "systemd-debug-generator(8), rescue.target",
    "sulogin(8)",
    "Linux Documentation/admin-guide/kernel-parameters.rst: single, init=, rdinit=",
    "boot(8) and init(8) of FreeBSD, OpenBSD, NetBSD, illumos",
  ],
  needs: ["login"],
  options: {
    by: {
      kind: "choice",
      choices: ["auto", "reboot", "sysrq", "break", "cycle", "loader"],
      default: "auto",
      summary:
        "how to restart it; auto: reboot from a shell, else cycle; loader: it waits in its boot loader already",
    },
    arguments: {
      kind: "text",
      summary: "what its boot loader adds for this one boot (Linux: single; BSD, illumos: -s)",
    },
    entry: {
      kind: "text",
      summary: 'the boot entry to use, by its title: "Advanced options > Debian, recovery mode"',
    },
    hidden: {
      kind: "boolean",
      default: false,
      summary: "its GRUB hides its menu: press F4 again and again while the screen is empty",
    },
    command: { kind: "text", summary: "a command line to run in single-user mode" },
    stay: { kind: "boolean", default: false, summary: "stay in single-user mode" },
  },
  timeout: minutes(40),
  async run(hands) {
    const { options, host, act, step, note, dryRun } = hands;
    const command = textOf(options, "command");
    const wanted = read(host, options);
    const { way, words } = wanted;
    await step("restart", () =>
      act(`restart ${host.name}: ${WAYS[way]}; add "${words}" in its boot loader`, async () => {
        note(`${await bootWith(hands, wanted)} boots with "${words}"`);
      }),
    );
    const level = await step("root shell", () =>
      act("log in at the maintenance prompt, prove the state", () =>
        enter(hands, wanted).catch((thrown: unknown) => startAgain(hands, way, thrown)),
      ),
    );
    if (command !== "")
      await step("command", () => act(`run "${command}"`, () => runThere(hands, command)));
    if (options.stay !== true)
      await step("back to multi-user", () =>
        act("leave the shell and wait for the login prompt", async () => {
          if (level) await goMultiUser(hands, level);
        }),
      );
    if (dryRun) return `${host.name} was left as it is`;
    return options.stay === true
      ? `${host.name} is in single-user mode, booted with "${words}"`
      : `${host.name} was in single-user mode and shows its login prompt again`;
  },
});
