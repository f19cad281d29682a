import {
  awaitLogin,
  type BadEntry,
  badEntries,
  defineRunbook,
  durationOf,
  isInMaintenance,
  keepScript,
  keptAs,
  lookAtEntries,
  mendedLine,
  mendFstab,
  minutes,
  must,
  OobError,
  orBack,
  printable,
  proveUp,
  type RunbookHands,
  readEntryStates,
  readFstab,
  seconds,
  textOf,
} from "oob/sdk";

const FSTAB = "/etc/fstab";
const BACKUP = keptAs(FSTAB);
const LOOK_WITHIN = minutes(2);

/** What fstab says, and which of its entries stop the boot. */
async function look(hands: RunbookHands) {
  const { console, host } = hands;
  const { status, text, bytes } = await console.capture(`cat ${FSTAB}`, { within: LOOK_WITHIN });
  if (status !== 0)
    throw new OobError("RUNBOOK_FAILED", `Cannot read ${FSTAB} at ${host.name}: ${status}`);
  const entries = readFstab(text);
  const found = await console.capture(lookAtEntries(entries), {
    within: LOOK_WITHIN,
    what: "the state of each entry",
  });
  const { bad, needed } = badEntries(entries, readEntryStates(found.text));
  const [first] = needed;
  if (first === undefined) return { bytes, bad };
  throw new OobError(
    "RUNBOOK_FAILED",
    `Cannot mend ${FSTAB} at ${host.name}: ${first.entry.file} is needed, and ${first.why}`,
    { hint: "Its disk is what is broken, not the entry: a person has to look" },
  );
}

function propose(hands: RunbookHands, bad: readonly BadEntry[], how: "comment" | "nofail"): void {
  const { note, report } = hands;
  for (const { entry, why } of bad) {
    note(`line ${entry.line}: ${why}`);
    note(`- ${printable(entry.text, 200)}`);
    note(`+ ${printable(mendedLine(entry, how), 200)}`);
  }
  report.table(
    "Entries that stop the boot",
    bad.map(({ entry, why }) => ({
      line: entry.line,
      device: printable(entry.spec, 80),
      "mounted at": printable(entry.file, 80),
      why,
    })),
  );
}

/** Writes the mended file, and puts the old one back unless every entry is good by then. */
async function mend(hands: RunbookHands, bytes: Uint8Array, bad: readonly BadEntry[]) {
  const { console, options, note } = hands;
  const how = options.how === "nofail" ? "nofail" : "comment";
  const kept = await must(
    hands,
    `if ! (: >/etc/.oob-write) 2>/dev/null; then mount -o remount,rw / && echo made-writable || exit 1; fi
rm -f /etc/.oob-write; ${keepScript(FSTAB)}`,
    `keep ${FSTAB} as ${BACKUP}`,
  );
  if (kept.includes("made-writable"))
    note("the root file system was read-only and is writable now");
  const back = async () => {
    await must(hands, `mv -f ${BACKUP} ${FSTAB} && sync`, `put ${FSTAB} back`);
  };
  await orBack(async () => {
    // A comment may be in any encoding: as latin1 every byte comes back as it was.
    const mended = mendFstab(Buffer.from(bytes).toString("latin1"), bad, how);
    await console.put(FSTAB, Buffer.from(mended, "latin1"));
    const after = await look(hands);
    if (after.bad.length === 0) return;
    throw new OobError(
      "RUNBOOK_FAILED",
      `Cannot mend ${FSTAB}: ${after.bad.length} entries are bad`,
    );
  }, back);
}

/** A file system in fstab that cannot be mounted: its entry is taken out, and the boot goes on. */
export default defineRunbook({
  title: "Mend an fstab that stops the boot",
  summary:
    "At the emergency prompt: comments out entries that cannot be mounted, and goes on to the login prompt",
  risk: "type",
  sources: [
    "fstab(5)",
    "systemd.mount(5): nofail, noauto",
    "systemd-sulogin-shell: leaving it reloads systemd and starts the default target",
    "seen: Debian 12, captures/debian-fstab-emergency",
  ],
  needs: ["login"],
  on: ["linux"],
  options: {
    how: {
      kind: "choice",
      choices: ["comment", "nofail"],
      default: "comment",
      summary: "comment the entry out, or add nofail: the boot does not wait for it any more",
    },
    stay: { kind: "boolean", default: false, summary: "stay at the emergency prompt" },
    "boot-within": { kind: "duration", summary: "how long the rest of the boot may take (10m)" },
  },
  timeout: minutes(30),
  async run(hands) {
    const { console, host, step, act, options, dryRun } = hands;
    await step("log in", () => console.login(seconds(60)));
    await step("identify", () => hands.identify());
    const { bytes, bad } = await step("find what stops the boot", () => look(hands));
    const stopped = await isInMaintenance(hands);
    const state = stopped ? "stands in emergency mode" : "is up";
    if (bad.length === 0) {
      const help = stopped ? "; its disk may want fix-fsck, or look at: systemctl --failed" : "";
      return {
        verdict: stopped ? "look" : "ok",
        text: `${host.name} ${state}, and no entry of ${FSTAB} stops a boot${help}`,
      };
    }
    propose(hands, bad, textOf(options, "how") === "nofail" ? "nofail" : "comment");
    await step("mend", () =>
      act(
        `change ${bad.length === 1 ? "this line" : `these ${bad.length} lines`} of ${FSTAB}; the old one is kept as ${BACKUP}`,
        () => mend(hands, bytes, bad),
        { undo: `mv ${BACKUP} ${FSTAB}; systemctl daemon-reload` },
      ),
    );
    const goesOn = stopped && options.stay !== true;
    if (goesOn)
      await step("go on with the boot", () =>
        act("leave the emergency shell, wait for the login prompt", async () => {
          await console.send(" exit\r");
          await awaitLogin(hands, durationOf(options, "boot-within", minutes(10)));
        }),
      );
    if (dryRun)
      return {
        verdict: "act",
        text: `${host.name} ${state} and was left as it is: ${bad.length === 1 ? "an entry" : `${bad.length} entries`} of ${FSTAB} stop${bad.length === 1 ? "s" : ""} a boot`,
      };
    const proof = goesOn
      ? await step("prove it healthy", () => proveUp(hands))
      : `${host.name} ${state}`;
    return {
      verdict: "look",
      text: `${proof}; mounted no more: ${bad.map(({ entry }) => printable(entry.file, 80)).join(", ")}`,
    };
  },
});
