import { quoteWord } from "oob/codec/shell-words";
import {
  awaitGrubMenu,
  awaitLogin,
  bootKernelFromMenu,
  defineRunbook,
  durationOf,
  keepScript,
  keptAs,
  minutes,
  must,
  OobError,
  orBack,
  printable,
  proveUp,
  RESTARTS,
  type Restart,
  type RunbookHands,
  restartInto,
  SAVED_ENTRY,
  savedKernel,
  textOf,
} from "oob/sdk";

const LOADER_WITHIN = minutes(5);
const DEFAULTS = "/etc/default/grub";
const BACKUP = keptAs(DEFAULTS);
/** A kernel's version as file names have it; nothing in it means anything to sed or GRUB. */
const VERSION = /^[A-Za-z0-9][\w.+~-]{0,100}$/;

/** `/etc/default/grub` names the entry by its ids, and grub.cfg is written anew; both are put back unless that holds. */
async function makeDefault(hands: RunbookHands, version: string): Promise<void> {
  const { host } = hands;
  await must(hands, keepScript(DEFAULTS), `keep ${DEFAULTS}`);
  const back = async () => {
    await must(
      hands,
      `mv -f ${BACKUP} ${DEFAULTS} && update-grub`,
      `put ${DEFAULTS} back`,
      minutes(5),
    );
  };
  await orBack(async () => {
    await must(
      hands,
      `v=${quoteWord(version.replaceAll(".", "\\."))}; cfg=/boot/grub/grub.cfg
s=$(sed -n "s/^submenu .*'\\(gnulinux-advanced-[^']*\\)' *{.*/\\1/p" $cfg | head -n 1)
e=$(sed -n "s/.*menuentry .*'\\(gnulinux-$v-advanced-[^']*\\)' *{.*/\\1/p" $cfg | head -n 1)
[ -n "$s" ] && [ -n "$e" ] || { echo "no ids of its entry in $cfg"; exit 1; }
grep -v '^GRUB_DEFAULT=' ${BACKUP} >${DEFAULTS} && printf 'GRUB_DEFAULT="%s>%s"\\n' "$s" "$e" >>${DEFAULTS} || exit 1
update-grub || exit 1
grep -qF "set default=\\"$s>$e\\"" $cfg || { echo "$cfg has another default"; exit 1; }
sync`,
      `make ${version} the default at ${host.name}`,
      minutes(5),
    );
  }, back);
}

/** GRUB may have kept the choice: then it is no choice for this boot alone, and that is said with the way back. */
async function tellSaved(hands: RunbookHands, version: string): Promise<boolean> {
  const text = await must(hands, SAVED_ENTRY, "see whether GRUB kept the choice");
  const saved = savedKernel(text, version);
  if (saved)
    hands.note(
      `GRUB_SAVEDEFAULT=true: GRUB kept the choice, and boots ${version} until another entry is chosen in its menu; to undo: grub-editenv - unset saved_entry (grub2-editenv where it is called so)`,
    );
  return saved;
}

/** A new kernel that does not boot: the one before it, by GRUB's submenu. */
export default defineRunbook({
  title: "Boot the previous kernel",
  summary:
    "Boots an older kernel by GRUB's submenu, proves it by uname -r; makes it the default if asked",
  risk: "disrupt",
  sources: [
    "GNU GRUB Manual 2.06, 6.1 (GRUB_DEFAULT), 16.1",
    "Debian grub-mkconfig: /etc/grub.d/10_linux, titles and ids of its entries",
  ],
  needs: ["login"],
  on: ["linux"],
  options: {
    kernel: { kind: "text", summary: "its version; else the newest but one of GRUB's menu" },
    by: {
      kind: "choice",
      choices: ["auto", "reboot", "sysrq", "cycle"],
      default: "auto",
      summary: "how to restart it; auto: reboot from a shell, else cycle",
    },
    default: { kind: "boolean", default: false, summary: "boot it from now on" },
    "boot-within": { kind: "duration", summary: "how long the boot may take (10m)" },
  },
  timeout: minutes(60),
  async run(hands) {
    const { host, step, act, options, dryRun } = hands;
    const wanted = textOf(options, "kernel");
    if (wanted !== "" && !VERSION.test(wanted))
      throw new OobError(
        "RUNBOOK_INVALID",
        `Cannot boot ${host.name} with kernel "${printable(wanted, 60)}": that is no version`,
      );
    const way = (textOf(options, "by") || "auto") as Restart;
    const version = await step("boot", () =>
      act(
        `restart ${host.name}: ${RESTARTS[way]}; boot ${wanted === "" ? "the previous kernel" : `kernel ${wanted}`} by GRUB's submenu`,
        async () => {
          await restartInto(hands, way, () => awaitGrubMenu(hands, LOADER_WITHIN));
          const chosen = await bootKernelFromMenu(hands, wanted);
          hands.note(`GRUB boots kernel ${printable(chosen, 60)}`);
          return chosen;
        },
        { undo: "restart it: its default kernel boots" },
      ),
    );
    await step("come up", () =>
      act("wait for the login prompt", () =>
        awaitLogin(hands, durationOf(options, "boot-within", minutes(10))),
      ),
    );
    const proof = await step("prove it healthy", () =>
      act("log in, compare uname -r, ask systemd", async () => {
        const text = await proveUp(hands);
        if (!VERSION.test(version ?? ""))
          throw new OobError("RUNBOOK_FAILED", `Cannot prove the kernel of ${host.name}`);
        await must(
          hands,
          `uname -r; [ "$(uname -r)" = ${quoteWord(version ?? "")} ]`,
          "prove the kernel",
        );
        return text;
      }),
    );
    const saved =
      !dryRun &&
      options.default !== true &&
      (await step("see what boots next", () => tellSaved(hands, version ?? "")));
    if (options.default === true)
      await step("make it the default", () =>
        act(
          `name it in ${DEFAULTS} and write grub.cfg anew; the old file is kept as ${BACKUP}`,
          () => makeDefault(hands, version ?? ""),
          { undo: `mv ${BACKUP} ${DEFAULTS}; update-grub` },
        ),
      );
    if (dryRun || version === undefined) return `${host.name} was left as it is`;
    const next =
      options.default === true
        ? ", which boots from now on"
        : saved
          ? ", which boots from now on, too: GRUB keeps what is chosen (GRUB_SAVEDEFAULT)"
          : " for this boot";
    return { verdict: "look", text: `${proof}, with kernel ${printable(version, 60)}${next}` };
  },
});
