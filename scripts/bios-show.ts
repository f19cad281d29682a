import {
  bootOn,
  defineRunbook,
  FIRMWARE_OPTIONS,
  type FirmwareList,
  type InFirmware,
  intoFirmware,
  isList,
  minutes,
  pathsOf,
  type RunbookHands,
  setUpOf,
  textOf,
} from "oob/sdk";

/** The rows of a list, as they stand on the screen. */
async function showList(hands: RunbookHands, list: FirmwareList, { map }: InFirmware) {
  const { rows } = await hands.console.screen(map.screen);
  const entries = rows.flatMap((row) => {
    const [, key, entry] = list.entry.exec(row) ?? [];
    return key !== undefined && entry !== undefined ? [{ key, entry }] : [];
  });
  hands.report.table(list.page, entries);
  for (const { key, entry } of entries) hands.note(`| ${key}. ${entry}`);
  return 1;
}

async function showPages(hands: RunbookHands, into: InFirmware) {
  const { report, note, options } = hands;
  const setUp = setUpOf(hands, into);
  const paths = pathsOf(textOf(options, "page"));
  for (const path of paths) {
    await setUp.toFront();
    await setUp.go(path);
    const { entries, title } = await setUp.walk(path);
    const name = path.join("/") || "front page";
    report.table(
      title === "" ? name : `${name}: ${title}`,
      entries.map(({ label, value, kind, greyed, selectable }) => ({
        entry: label,
        value: value ?? "",
        kind,
        can: greyed ? "greyed" : selectable ? "be chosen" : "be read",
      })),
    );
    note(`${name}:`);
    for (const { label, value, kind } of entries)
      note(`| ${kind === "page" ? "> " : "  "}${label}${value === undefined ? "" : `: ${value}`}`);
  }
  return paths.length;
}

/** Restarts a host into its firmware, reads pages of its set-up from the screen, and has it boot on. */
export default defineRunbook({
  title: "Read a firmware's set-up",
  summary:
    "Restarts the host into its firmware, reads entries and values from the screen, boots on",
  risk: "disrupt",
  sources: ["UEFI Specification 2.10, chapter 33 (HII)", "SeaBIOS docs/Runtime_config.md"],
  options: {
    ...FIRMWARE_OPTIONS,
    page: {
      kind: "text",
      summary:
        'pages by their path: "Device Manager/OVMF Platform Configuration; Boot Manager"; none: the front page',
    },
  },
  timeout: minutes(40),
  async run(hands) {
    const { host, step, act } = hands;
    const into = await intoFirmware(hands);
    const count = await step("pages", () =>
      act("read its pages: keys move the highlight, nothing is changed", () => {
        if (!into) return Promise.resolve(0);
        const { shows } = into.map;
        return isList(shows) ? showList(hands, shows, into) : showPages(hands, into);
      }),
    );
    await step("out", () =>
      act("leave without saving: the host boots on", async () => {
        if (into) await bootOn(hands, into);
      }),
    );
    if (count === undefined) return `${host.name} was left as it is`;
    return `${count} ${count === 1 ? "page" : "pages"} of ${host.name} read, nothing changed; it boots on`;
  },
});
