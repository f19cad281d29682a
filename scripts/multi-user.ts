import {
  defineRunbook,
  goMultiUser,
  LOGIN_PROMPT,
  minutes,
  OobError,
  provenLevel,
  type RunbookHands,
  type SingleUserLevel,
  type SystemBoot,
  seconds,
  systemOf,
  tellLevel,
} from "oob/sdk";

const LOOK_WITHIN = seconds(5);

/** undefined: it shows its login prompt, and answers there. */
async function look(
  hands: RunbookHands,
  system: SystemBoot,
): Promise<SingleUserLevel | "multi-user" | undefined> {
  const { console, note } = hands;
  const { rows } = await console.screen();
  if (LOGIN_PROMPT.test(rows.join("\n").trimEnd())) {
    await console.send("\r");
    await console.expect(LOGIN_PROMPT, LOOK_WITHIN, "the login prompt to answer");
    return undefined;
  }
  await console.login();
  const level = await provenLevel(hands, system, "maintenance");
  if (level) note(`it is in ${level.name}`);
  await tellLevel(hands, system);
  return level ?? "multi-user";
}

/** From whatever single-user state a host is in to its login prompt. */
export default defineRunbook({
  title: "Back to multi-user mode",
  summary: "Proves in which single-user state the host is, and leads it on to its login prompt",
  risk: "disrupt",
  sources: [
    "systemctl(1) default; sulogin(8); initramfs-tools(7)",
    "init(8) of FreeBSD, OpenBSD, NetBSD; illumos init(8)",
  ],
  needs: ["login"],
  options: {},
  timeout: minutes(20),
  async run(hands) {
    const { host, step, act, dryRun } = hands;
    const system = systemOf(host.os);
    if (!system)
      throw new OobError(
        "RUNBOOK_INVALID",
        `Cannot bring ${host.name} to multi-user mode: nothing is known of os "${host.os}"`,
        { hint: `Set hosts.${host.name}.os` },
      );
    const level = await step("look", () =>
      act("log in where it waits, prove in which state it is", () => look(hands, system)),
    );
    if (level === undefined && !dryRun) return `${host.name} shows its login prompt`;
    if (level === "multi-user") return `${host.name} is in multi-user mode`;
    await step("back to multi-user", () =>
      act("leave single-user mode and wait for the login prompt", async () => {
        if (level) await goMultiUser(hands, level);
      }),
    );
    return dryRun ? `${host.name} was left as it is` : `${host.name} shows its login prompt`;
  },
});
