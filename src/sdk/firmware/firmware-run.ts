/** What bios-show and bios-set have in common: into the firmware, through its front page, and out again. */
import { minutes, seconds } from "../../lib/durations.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import { comesTo } from "../boot/loader-prompt.ts";
import { systemOf } from "../boot/system-boot.ts";
import { type OptionSpecs, textOf } from "../options.ts";
import type { RunbookHands, ScreenText } from "../runbook.ts";
import { enterFirmware, showsFirmware } from "./enter-firmware.ts";
import type { FirmwareList, FirmwareMap, FirmwarePages } from "./firmware-map.ts";
import { type FirmwareStand, readStand } from "./read-page.ts";
import { FirmwareSetUp, saidBy } from "./set-up.ts";

/** Servers test themselves for minutes. */
const STARTS_WITHIN = minutes(10);
const GONE_WITHIN = seconds(30);
const DRAWN = seconds(1.5);
const GONE_LOOKS = 30;
const MAX_TRIES = 4;
/** A key may have been pressed whose set-up comes only now. */
const COMES_WITHIN = seconds(10);
/** A page over a 9600 line. */
const DRAWS_WITHIN = seconds(20);

/** Settings that the runbooks of firmware have in common. */
export const FIRMWARE_OPTIONS = {
  by: {
    kind: "choice",
    choices: ["cycle", "reboot", "standing"],
    default: "cycle",
    summary: "how its firmware is reached; standing: its set-up stands on the console already",
  },
  firmware: {
    kind: "text",
    default: "ovmf",
    summary: "whose screens they are: ovmf, seabios, or one of your own in firmware/",
  },
} as const satisfies OptionSpecs;

const HOW: Readonly<Record<string, string>> = {
  cycle: "cycle its power, and enter its firmware by its key",
  reboot: "reboot it from its shell, and enter its firmware by its key",
  standing: "go on in the firmware that stands on its console",
};

/** A host in its firmware. */
export interface InFirmware {
  readonly name: string;
  readonly map: FirmwareMap;
  /** Calls off that it is led out when the run ends. */
  readonly left: () => void;
}

export const isList = (shows: FirmwarePages | FirmwareList): shows is FirmwareList =>
  "boots" in shows;

/** The set-up of this map. Throws RUNBOOK_INVALID where its firmware has none. */
export function setUpOf({ console, host }: RunbookHands, { map, name }: InFirmware) {
  if (isList(map.shows))
    throw new OobError("RUNBOOK_INVALID", `Cannot open pages of ${name}: it has a list alone`);
  return new FirmwareSetUp(console, map.shows, map.screen, host.name);
}

/** Paths of pages, as "Device Manager/iSCSI Configuration; Boot Manager"; a name may hold "\\/". */
export const pathsOf = (text: string): string[][] =>
  text.split(";").map((path) =>
    path
      .split(/(?<!\\)\//)
      .map((label) => label.replaceAll("\\/", "/").trim())
      .filter((label) => label !== ""),
  );

function mapOf({ boot, host, options }: RunbookHands): readonly [string, FirmwareMap] {
  const name = textOf(options, "firmware");
  const map = boot.firmware.get(name);
  if (map) return [name, map];
  const known = [...boot.firmware.keys()].join(", ");
  throw new OobError(
    "RUNBOOK_INVALID",
    `Cannot read the firmware of ${host.name}: there is no map "${printable(name)}"`,
    { hint: `Known: ${known}` },
  );
}

/** Into the firmware; undefined under --dry-run. However the run ends, the host is led out of it. */
export async function intoFirmware(hands: RunbookHands): Promise<InFirmware | undefined> {
  const { act, host, options, power, step } = hands;
  const by = textOf(options, "by");
  const [name, map] = mapOf(hands);
  // A rehearsal promises nothing that the run would then refuse.
  if (by === "cycle" && (await power.read()) === "unknown")
    throw new OobError(
      "POWER_UNKNOWN",
      `Cannot cycle the power of ${host.name}: the state of its outlets cannot be read`,
      { hint: `oob power status ${host.name}; without outlets: --set by=reboot` },
    );
  return step("firmware", () =>
    act(
      `restart ${host.name}: ${HOW[by] ?? by} (${name})`,
      async () => {
        const into: InFirmware = {
          name,
          map,
          left: hands.console.lastly(() => leadOut(hands, map)),
        };
        if (by === "standing") await demandStanding(hands, into);
        else await restartInto(hands, into, by);
        hands.note(`${name} shows itself`);
        // A list is read once: no row of it may be half there.
        if (isList(map.shows)) await hands.console.settle(DRAWN, GONE_WITHIN);
        return into;
      },
      {
        undo: `out of its firmware, nothing saved: oob run bios-show ${host.name} --force --set by=standing --set firmware=${name}`,
      },
    ),
  );
}

async function demandStanding(hands: RunbookHands, { name, map, left }: InFirmware) {
  // A slow line may be drawing it at this moment, a daemon that was killed may have come back in the midst of that.
  const stands = (now: ScreenText) => showsFirmware(now, map);
  if (await comesTo(hands.console, stands, DRAWS_WITHIN, "its firmware", map.screen)) return;
  left();
  throw new OobError(
    "RUNBOOK_FAILED",
    `Cannot go on in the firmware of ${hands.host.name}: no screen of ${name} stands there; nothing was typed`,
    { hint: `Look at it: oob screen ${hands.host.name}` },
  );
}

async function restartInto(hands: RunbookHands, { name, map }: InFirmware, by: string) {
  const { console, host, power } = hands;
  let started = by !== "cycle";
  const enter = () =>
    enterFirmware(console, host.name, name, map, {
      within: STARTS_WITHIN,
      starts: () => started,
      fresh: by === "cycle",
    });
  // A screen is read from its first byte on where somebody looks at it by then.
  await console.screen(map.screen);
  if (by === "reboot") {
    await console.login();
    const reboot = systemOf(host.os)?.reboot ?? "reboot";
    await console.send(` ${reboot}\r`);
    return enter();
  }
  // Its key may be taken for a moment only, while the outlets are still read back: both at once.
  const entered = enter();
  entered.catch(() => undefined);
  await power.cycle(() => {
    started = true;
  });
  return entered;
}

/**
 * Starts the host once more, and enters anew: by its outlets where they may be used, else by the entry that restarts it.
 * What stood on the screen before is no proof of anything.
 */
export async function throughRestart(hands: RunbookHands, into: InFirmware): Promise<void> {
  const { console, host, options } = hands;
  const { map, name } = into;
  const setUp = setUpOf(hands, into);
  const { restart, keys, enter } = map.shows as FirmwarePages;
  await setUp.toFront();
  if (textOf(options, "by") === "cycle") return restartInto(hands, into, "cycle");
  await setUp.moveTo(restart);
  await enterThere(hands, map, keys.enter);
  // Its front page is drawn anew by the firmware that starts, with another entry highlighted.
  const restarted = (now: ScreenText) => {
    const stand = readStand(now, map.shows as FirmwarePages);
    if (stand.is === "page")
      return stand.page.entries.some((one) => one.highlighted && one.label !== restart);
    return !showsFirmware(now, map) || enter.on?.test(now.rows.join("\n")) === true;
  };
  await console.untilScreen(restarted, STARTS_WITHIN, "the restart", map.screen);
  await enterFirmware(console, host.name, name, map, {
    within: STARTS_WITHIN,
    starts: () => true,
    fresh: true,
  });
}

/** Presses Enter at what is highlighted, again only where not a byte came of it. */
async function enterThere({ console }: RunbookHands, map: FirmwareMap, enter: string) {
  for (let tries = 1; tries <= MAX_TRIES; tries++) {
    const { bytes } = await console.screen(map.screen);
    await console.send(enter);
    const came = (now: ScreenText) => now.bytes !== bytes;
    if (await comesTo(console, came, seconds(15), "an answer", map.screen)) return;
  }
}

/** Out of the firmware, nothing saved: the host boots on. */
export async function bootOn(hands: RunbookHands, into: InFirmware): Promise<void> {
  await leave(hands, into.map);
  into.left();
}

async function leave(hands: RunbookHands, map: FirmwareMap): Promise<void> {
  const { console, host } = hands;
  // A page that is drawn anew is none for a moment.
  let alike = 0;
  const gone = (now: ScreenText) => {
    alike = showsFirmware(now, map) ? 0 : alike + 1;
    return alike >= GONE_LOOKS;
  };
  const { shows } = map;
  if (isList(shows)) {
    const boots = ({ rows }: ScreenText) => rows.some((row) => shows.boots.test(row));
    // A key that comes while the list is drawn is lost.
    for (let tries = 1; tries < MAX_TRIES; tries++) {
      await console.send(shows.leave);
      if (await comesTo(console, boots, seconds(10), "the boot", map.screen)) return;
    }
    await console.untilScreen(boots, GONE_WITHIN, "the boot", map.screen);
    return;
  }
  const setUp = new FirmwareSetUp(console, shows, map.screen, host.name);
  await setUp.toFront();
  await setUp.moveTo(shows.goOn);
  await enterThere(hands, map, shows.keys.enter);
  // It may ask first, whether to restart for what was changed.
  const next = (now: FirmwareStand) => now.is === "dialog";
  const asked = await setUp.comes(next, gone, GONE_WITHIN);
  if (asked?.is !== "dialog") return;
  if (asked.dialog?.goOn === undefined) throw setUp.fault(`on the way out it ${saidBy(asked)}`);
  await console.send(asked.dialog.goOn);
  await console.untilScreen(gone, GONE_WITHIN, "the boot", map.screen);
}

/** The end of a run that did not come to its end: no host stays in its firmware, nothing changed is saved. */
async function leadOut(hands: RunbookHands, map: FirmwareMap): Promise<string | undefined> {
  const { console, host } = hands;
  try {
    const stands = (now: ScreenText) => showsFirmware(now, map);
    if (!(await comesTo(console, stands, COMES_WITHIN, "its firmware", map.screen)))
      return undefined;
    await leave(hands, map);
    return `${host.name} was led out of its firmware: what was not saved is discarded, and it boots on`;
  } catch (thrown) {
    return `${host.name} may stand in its firmware, with changes that are not saved: ${messageOf(thrown)}`;
  }
}
