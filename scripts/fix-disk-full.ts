import { quoteWord } from "oob/codec/shell-words";
import {
  crowdedFolders,
  type DiskUse,
  defineRunbook,
  heldFiles,
  minutes,
  must,
  numberOf,
  printable,
  RECLAIMABLE,
  RECLAIMABLE_SIZES,
  type RunbookHands,
  readDiskUse,
  readHeldFiles,
  readSizes,
  seconds,
} from "oob/sdk";

const SEARCH_WITHIN = minutes(10);
const LOG_LINES = 20;
/** Less of a deleted file is no news. */
const HELD_KIB = 1024;

/** The biggest files. */
const biggest = (mounted: string): string =>
  `find ${quoteWord(mounted)} -xdev -type f -size +10240k -exec du -k {} + 2>/dev/null | sort -rn | head -n ${LOG_LINES}
true`;

/** What takes the room of a full file system: files, those among them that no folder shows. */
async function tellTakers(hands: RunbookHands, { mounted, percent }: DiskUse): Promise<void> {
  const { note, report } = hands;
  const where = printable(mounted, 80);
  note(`${where} is ${percent} % full`);
  report.text(
    `The biggest files of ${where}, KiB`,
    await must(hands, biggest(mounted), "find the biggest files", SEARCH_WITHIN),
  );
  const held = readHeldFiles(
    await must(hands, heldFiles(mounted), "find deleted files that are open", SEARCH_WITHIN),
  );
  report.table(
    `Deleted, but still open, on ${where}`,
    held.slice(0, LOG_LINES).map(({ kib, pid, process, path }) => ({
      KiB: kib,
      PID: pid,
      process: printable(process, 64),
      file: printable(path, 200),
    })),
  );
  for (const { kib, pid, process, path } of held.slice(0, 3).filter((one) => one.kib >= HELD_KIB))
    note(
      `${where}: ${kib} KiB of a deleted file are free once ${printable(process, 64)} (PID ${pid}) closes it or is restarted: ${printable(path, 120)}`,
    );
}

/** Many small files: which folders have them. */
async function tellCrowds(hands: RunbookHands, { mounted, percent }: DiskUse): Promise<void> {
  const where = printable(mounted, 80);
  hands.note(`${where}: ${percent} % of its inodes are used: many small files`);
  hands.report.text(
    `Folders of ${where} with most files in them`,
    await must(hands, crowdedFolders(mounted), "count the files of its folders", SEARCH_WITHIN),
  );
}

interface Full {
  readonly room: readonly DiskUse[];
  readonly inodes: readonly DiskUse[];
}

const namesOf = ({ room, inodes }: Full): string =>
  [
    ...room.map(({ mounted, percent }) => `${printable(mounted, 60)} (${percent} %)`),
    ...inodes.map(({ mounted, percent }) => `${printable(mounted, 60)} (inodes, ${percent} %)`),
  ].join(", ");

async function look(hands: RunbookHands, at: number): Promise<Full> {
  const kib = readDiskUse(await must(hands, "df -Pk", "read how full its disks are", minutes(2)));
  const inodes = readDiskUse(
    await must(hands, "df -Pi", "read how many inodes are free", minutes(2)),
  );
  const isFull = ({ percent }: DiskUse) => percent >= at;
  hands.report.table(
    "File systems",
    kib.map(({ device, mounted, percent, free }) => ({
      device: printable(device, 80),
      mounted: printable(mounted, 80),
      "% used": percent,
      "free KiB": free,
      "% of inodes": inodes.find((one) => one.mounted === mounted)?.percent ?? "?",
    })),
  );
  return { room: kib.filter(isFull), inodes: inodes.filter(isFull) };
}

/** A full disk: says what takes the room, frees what may go. */
export default defineRunbook({
  title: "Free room on a full disk",
  summary:
    "Says what is full and what takes the room; empties the package cache, and journal and rotated logs if asked",
  risk: "type",
  sources: ["POSIX df", "apt-get(8) clean", "journalctl(1) --vacuum-size", "proc(5): /proc/PID/fd"],
  needs: ["login"],
  on: ["linux"],
  options: {
    at: { kind: "integer", default: 95, min: 1, max: 100, summary: "per cent that count as full" },
    logs: {
      kind: "boolean",
      default: false,
      summary: "shorten the journal and remove rotated logs, too",
    },
  },
  timeout: minutes(40),
  async run(hands) {
    const { console, host, step, act, options, note, dryRun } = hands;
    const at = numberOf(options, "at", 95);
    await step("log in", () => console.login(seconds(60)));
    await step("identify", () => hands.identify());
    const full = await step("look", () => look(hands, at));
    if (full.room.length + full.inodes.length === 0)
      return `no file system of ${host.name} is ${at} % full`;
    await step("what takes it", async () => {
      for (const one of full.room) await tellTakers(hands, one);
      for (const one of full.inodes) await tellCrowds(hands, one);
    });
    const sizes = readSizes(
      await must(hands, RECLAIMABLE_SIZES, "find what may go", SEARCH_WITHIN),
      full.room,
    );
    for (const [index, one] of RECLAIMABLE.entries()) {
      const kib = sizes.get(index) ?? 0;
      if (kib === 0) continue;
      if (one.asked && options.logs !== true) {
        note(`${one.name}: ${kib} KiB could go with --set logs=true`);
        continue;
      }
      await step(one.name, () =>
        act(`${one.what}: ${kib} KiB`, () => must(hands, one.clear, one.what, minutes(5)), {
          undo: one.undo,
        }),
      );
    }
    if (dryRun)
      return { verdict: "act", text: `${host.name} was left as it is; full: ${namesOf(full)}` };
    const left = await step("prove", () => look(hands, at));
    return left.room.length + left.inodes.length === 0
      ? { verdict: "look", text: `${host.name} has room again; see in the report what took it` }
      : { verdict: "act", text: `still full: ${namesOf(left)}; the report names what takes it` };
  },
});
