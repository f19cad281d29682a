import {
  bootOn,
  comesTo,
  defineRunbook,
  type EntryChange,
  FIRMWARE_OPTIONS,
  type FirmwareList,
  type FirmwarePages,
  highlighted,
  type InFirmware,
  intoFirmware,
  isList,
  minutes,
  OobError,
  pathsOf,
  printable,
  type RunbookHands,
  type ScreenText,
  sameValue,
  saveChanges,
  seconds,
  setEntry,
  setUpOf,
  textOf,
  throughRestart,
} from "oob/sdk";

const BOOTS_WITHIN = seconds(30);

/** What one run is to change. */
interface Wish {
  readonly page: string;
  readonly entry: string;
  readonly value: string;
}

function wishOf({ options, host }: RunbookHands): Wish {
  const [page, entry, value] = [
    textOf(options, "page").trim(),
    textOf(options, "entry").trim(),
    textOf(options, "value").trim(),
  ];
  const pages = pathsOf(page).length;
  if (pages > 1)
    throw new OobError(
      "RUNBOOK_INVALID",
      `Cannot set anything at ${host.name}: "${printable(page, 120)}" names ${pages} pages, and one entry of one page is set`,
      { hint: "One run for each page; a page's own semicolon cannot be named" },
    );
  if (entry !== "" && value !== "") return { page, entry, value };
  throw new OobError("RUNBOOK_INVALID", `Cannot set anything at ${host.name}: what to what?`, {
    hint: 'Say --set page="…" --set entry="…" --set value="…"; bios-show shows them',
  });
}

/** Sets, reads, saves. */
async function change(hands: RunbookHands, into: InFirmware, wish: Wish): Promise<EntryChange> {
  const map = into.map.shows as FirmwarePages;
  const setUp = setUpOf(hands, into);
  await setUp.toFront();
  await setUp.go(pathsOf(wish.page)[0] ?? []);
  const done = await setEntry(setUp, map, wish.entry, wish.value);
  hands.note(`${wish.entry}: "${done.before}", now "${done.after}" on the screen`);
  if (sameValue(done.before, done.after)) return done;
  await saveChanges(setUp, map, hands.note);
  hands.note(
    `to take it back: oob run bios-set ${hands.host.name} --set page="${wish.page}" --set entry="${wish.entry}" --set value="${printable(done.before, 60)}"`,
  );
  return done;
}

/** After a restart it has to read the same: what the screen says before that is no proof. */
async function prove(hands: RunbookHands, into: InFirmware, wish: Wish): Promise<void> {
  await throughRestart(hands, into);
  const setUp = setUpOf(hands, into);
  await setUp.toFront();
  await setUp.go(pathsOf(wish.page)[0] ?? []);
  const { value = "" } = await highlighted(setUp, wish.entry);
  if (!sameValue(value, wish.value))
    throw new OobError(
      "RUNBOOK_FAILED",
      `Cannot prove ${wish.entry} of ${hands.host.name}: it was saved as "${wish.value}", and reads "${value}" after a restart`,
      { hint: "The firmware sets it anew at each start, or refuses it: see its manual" },
    );
  hands.note(`${wish.entry} reads "${value}" after a restart`);
}

/** One key boots the entry, this once: a list stores nothing. */
async function bootOnce(
  { console, host, note }: RunbookHands,
  list: FirmwareList,
  into: InFirmware,
  { entry, value }: Wish,
): Promise<void> {
  const { rows } = await console.screen(into.map.screen);
  const entries = rows.flatMap((row) => {
    const [, key = "", label = ""] = list.entry.exec(row) ?? [];
    return label === "" ? [] : [{ key, label }];
  });
  const found = entries.filter(({ label }) => label.toLowerCase() === entry.toLowerCase());
  const [one] = found;
  if (!one || found.length > 1 || value !== "once")
    throw new OobError(
      "RUNBOOK_FAILED",
      value !== "once"
        ? `Cannot set "${entry}" at ${host.name}: a boot menu stores nothing, its only value is "once"`
        : `Cannot boot "${entry}" at ${host.name}: its menu has ${found.length} of that name; it shows ${entries.map(({ label }) => `"${printable(label, 80)}"`).join(", ")}`,
    );
  await console.send(one.key);
  const boots = (now: ScreenText) => now.rows.some((row) => list.boots.test(row));
  if (!(await comesTo(console, boots, BOOTS_WITHIN, "the boot", into.map.screen)))
    throw new OobError(
      "RUNBOOK_FAILED",
      `Cannot boot "${entry}" at ${host.name}: it boots nothing`,
    );
  const now = await console.screen(into.map.screen);
  const said = now.rows.map((row) => list.boots.exec(row)?.[1]).find(Boolean);
  note(`it boots from ${printable(said ?? "something", 80)}, this once`);
  into.left();
}

async function setPages(hands: RunbookHands, into: InFirmware | undefined, wish: Wish) {
  const { act, step, options } = hands;
  const where = `"${wish.entry}" of page "${wish.page || "front page"}"`;
  const changed = await step("change", () =>
    act(`set ${where} to "${wish.value}", and save`, async () =>
      into ? change(hands, into, wish) : undefined,
    ),
  );
  const isSame = changed !== undefined && sameValue(changed.before, changed.after);
  if (options.prove !== false && !isSame)
    await step("proof", () =>
      act("restart it, enter its firmware again, and read the same", async () => {
        if (into) await prove(hands, into, wish);
      }),
    );
  await step("out", () =>
    act("leave: the host boots on", async () => {
      if (into) await bootOn(hands, into);
    }),
  );
  return { changed, isSame };
}

/** Changes one setting of a firmware, saves it, and proves it by reading it again after a restart. */
export default defineRunbook({
  title: "Change a firmware's setting",
  summary:
    "Restarts the host into its firmware, sets one entry, saves, and reads it after a restart",
  risk: "disrupt",
  sources: ["UEFI Specification 2.10, chapter 33 (HII)", "SeaBIOS docs/Runtime_config.md"],
  options: {
    ...FIRMWARE_OPTIONS,
    page: { kind: "text", summary: 'the page, by its path: "Device Manager/iSCSI Configuration"' },
    entry: {
      kind: "text",
      summary: 'its label, as bios-show tells it; the second of a name: "Name#2"',
    },
    value: {
      kind: "text",
      summary: 'one of what is offered, a number, "on" or "off"; in a boot menu: "once"',
    },
    prove: {
      kind: "boolean",
      default: true,
      summary: "restart the host once more and read the entry again",
    },
  },
  timeout: minutes(60),
  async run(hands) {
    const { host, dryRun, act, step, options } = hands;
    const wish = wishOf(hands);
    const map = hands.boot.firmware.get(textOf(options, "firmware"));
    const into = await intoFirmware(hands);
    if (map && isList(map.shows)) {
      const list = map.shows;
      await step("boot", () =>
        act(`boot "${wish.entry}", this once`, async () => {
          if (into) await bootOnce(hands, list, into, wish);
        }),
      );
      return dryRun
        ? `${host.name} was left as it is`
        : `${host.name} boots "${wish.entry}", this once`;
    }
    const { changed, isSame } = await setPages(hands, into, wish);
    if (changed === undefined) return `${host.name} was left as it is`;
    const { before, after } = changed;
    if (isSame)
      return `${wish.entry} of ${host.name} was "${after}" already; nothing was changed, it boots on`;
    const proven =
      options.prove === false ? "saved; not proven by a restart" : "proven after a restart";
    return `${wish.entry} of ${host.name} was "${before}", is "${after}": ${proven}; it boots on`;
  },
});
