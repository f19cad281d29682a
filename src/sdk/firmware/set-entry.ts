import { printable } from "../../lib/printable.ts";
import type { RunbookHands } from "../runbook.ts";
import type { FirmwarePages } from "./firmware-map.ts";
import type { EntryKind, PageEntry } from "./read-page.ts";
import { type FirmwareSetUp, saidBy } from "./set-up.ts";

/** Longest number or word that is typed. */
const MAX_TYPED = 20;
const OFFERED = 40;
const SETTABLE: ReadonlySet<EntryKind> = new Set(["choice", "tick", "number"]);

/** What an entry was, and is on the screen now. */
export interface EntryChange {
  readonly label: string;
  readonly before: string;
  readonly after: string;
}

/** What is compared: firmware pads numbers, and nobody asks for upper case. */
const plain = (value: string): string =>
  value
    .trim()
    .toLowerCase()
    .replace(/^0+(?=\d)/, "");
export const sameValue = (a: string, b: string): boolean => plain(a) === plain(b);

/** Highlights an entry of the page that stands there and gives it this value; nothing is saved. */
export async function setEntry(
  setUp: FirmwareSetUp,
  map: FirmwarePages,
  label: string,
  value: string,
): Promise<EntryChange> {
  const before = await highlighted(setUp, label);
  if (!SETTABLE.has(before.kind))
    throw setUp.fault(
      `"${label}" is ${before.kind === "text" ? "a text" : "no value"}: one of a list, a tick or a number can be set`,
    );
  const was = before.value ?? "";
  if (sameValue(was, value)) return { label, before: was, after: was };
  // Saving would save that, too.
  if ((await setUp.page()).unsaved)
    throw setUp.fault("something was changed there before, and is not saved");
  if (before.kind === "choice") await takeChoice(setUp, map, label, value);
  else if (before.kind === "tick") await setTick(setUp, map, label, value);
  else await typeNumber(setUp, label, value);
  const { value: now = "" } = await highlighted(setUp, label);
  if (!sameValue(now, value))
    throw setUp.fault(`"${label}" was to be "${value}", and it reads "${now}"`);
  return { label, before: was, after: now };
}

/** The entry of this label, with the highlight on it, as it reads now. */
export async function highlighted(setUp: FirmwareSetUp, label: string): Promise<PageEntry> {
  await setUp.moveTo(label);
  const { entries } = await setUp.page();
  const entry = entries.find((one) => one.highlighted);
  if (entry) return entry;
  throw setUp.fault(`"${label}" is not highlighted`);
}

async function takeChoice(setUp: FirmwareSetUp, map: FirmwarePages, label: string, value: string) {
  const { keys } = map;
  const stand = await setUp.pressed(keys.enter, `"${label}"`);
  if (stand.is !== "choices") throw setUp.fault(`at "${label}" it ${saidBy(stand)}`);
  const { found, offered } = await setUp.choose(value);
  if (!found) {
    await setUp.pressed(keys.escape, "its choices");
    const names = offered.slice(0, OFFERED).map((one) => `"${printable(one, 60)}"`);
    throw setUp.fault(`"${label}" offers no "${value}"; it offers ${names.join(", ")}`);
  }
  await setUp.pressed(keys.enter, `"${value}"`);
}

async function setTick(setUp: FirmwareSetUp, map: FirmwarePages, label: string, value: string) {
  if (!["on", "off"].includes(plain(value)))
    throw setUp.fault(`"${label}" is a tick: it is set "on" or "off"`);
  await setUp.pressed(map.keys.enter, `"${label}"`);
}

async function typeNumber(setUp: FirmwareSetUp, label: string, value: string) {
  if (!/^(?:\d{1,20}|0x[\da-f]{1,16})$/i.test(value) || value.length > MAX_TYPED)
    throw setUp.fault(`"${label}" is a number, and "${value}" is none`);
  await setUp.typeInto(value);
}

/** Saves what is changed: its key, and yes to the question that it is known to ask. Proves that nothing is unsaved. */
export async function saveChanges(
  setUp: FirmwareSetUp,
  map: FirmwarePages,
  note: RunbookHands["note"],
): Promise<void> {
  const { commits } = map;
  const { entries, unsaved } = await setUp.page();
  if (!unsaved) {
    note("it took the value at once: nothing is said to be unsaved");
    return;
  }
  const commit = commits && entries.find(({ label }) => commits.test(label));
  if (commit) await setUp.moveTo(commit.label);
  const key = commit ? map.keys.enter : map.keys.save;
  const asked = await setUp.pressed(key, "saving");
  if (asked.is === "dialog") {
    const yes = asked.dialog?.save ?? asked.dialog?.goOn;
    if (yes === undefined) throw setUp.fault(`it ${saidBy(asked)}, which is not whether to save`);
    note(`it asks ${asked.dialog?.asks ?? ""}: answered`);
    await setUp.pressed(yes, "saving");
  }
  const page = await setUp.page("the page that was saved");
  if (page.unsaved) throw setUp.fault("it goes on saying that something is not saved");
}
