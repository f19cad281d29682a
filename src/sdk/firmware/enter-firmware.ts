import type { Millis } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";
import { comesTo } from "../boot/loader-prompt.ts";
import type { ConsoleHands, ScreenText } from "../runbook.ts";
import type { FirmwareMap } from "./firmware-map.ts";
import { isSetUp } from "./read-page.ts";
import { shownBy } from "./set-up.ts";

/** A text of the firmware stands before it is read as "past": a loader draws over what the firmware wrote. */
const LOOK_EVERY: Millis = seconds(1);

/** Which start is waited for. */
export interface FirmwareStart {
  readonly within: Millis;
  /** Whether it has begun: an outlet was read off. */
  readonly starts: () => boolean;
  /** All that is on the screen belongs to it; else it begins where the screen is emptied. */
  readonly fresh: boolean;
}

/** Whether a firmware's own screen stands there. */
export function showsFirmware(screen: ScreenText, { shows }: FirmwareMap): boolean {
  if ("entry" in shows) return shows.shows.test(screen.rows.join("\n"));
  return isSetUp(screen, shows);
}

/**
 * Waits for a host that starts, and presses the key of its firmware in time: while the screen is empty, or asks for it.
 * Nothing is pressed at anything else.
 */
export async function enterFirmware(
  console: ConsoleHands,
  host: string,
  name: string,
  map: FirmwareMap,
  { within, starts, fresh }: FirmwareStart,
): Promise<void> {
  const { enter } = map.shows;
  let pressed = 0;
  let begun = false;
  let screen: ScreenText | undefined;
  let nextAt = 0;
  let ticks = 0;
  const every = Math.max(1, Math.round(enter.every / 100));
  const cameOrPast = (now: ScreenText) => {
    screen = now;
    ticks++;
    const text = now.rows.join("\n");
    if (!starts()) return false;
    const came = (now.bytes ?? 0) > 0;
    const isEmpty = came && text.trim() === "";
    const asks = enter.on?.test(text) ?? false;
    const stands = showsFirmware(now, map);
    begun ||= (fresh && came) || isEmpty || asks || stands;
    if (!begun) return false;
    if (stands || pastOf(now, map)) return true;
    return (asks || (isEmpty && enter.onlyOn !== true)) && ticks >= nextAt;
  };
  for (let left = within; left > 0; left -= LOOK_EVERY) {
    if (!(await comesTo(console, cameOrPast, LOOK_EVERY, "its firmware", map.screen))) continue;
    if (!screen || showsFirmware(screen, map)) break;
    const past = pastOf(screen, map);
    if (past) await tooLate(console, host, name, past, pressed);
    await console.send(enter.key);
    pressed++;
    nextAt = ticks + every;
  }
  if (screen && showsFirmware(screen, map)) return;
  throw new OobError(
    "EXPECT_TIMEOUT",
    `Cannot enter the firmware of ${host}: its ${name} was not seen; it shows: ${(screen && shownBy(screen)) || "nothing"}`,
    {
      hint: "The firmware has to speak on this console; its map says how it looks: --set firmware=NAME",
    },
  );
}

type Past = FirmwareMap["past"][number];

const pastOf = ({ rows }: ScreenText, map: FirmwareMap): Past | undefined => {
  const text = rows.map((row) => row.trimEnd()).join("\n");
  return map.past.find(({ shows }) => shows.test(text));
};

/** The host boots on. Where our key stopped a countdown, the same key that an administrator would press goes on. */
async function tooLate(
  console: ConsoleHands,
  host: string,
  firmware: string,
  { name, key }: Past,
  pressed: number,
): Promise<never> {
  if (key !== undefined && pressed > 0) await console.send(key);
  throw new OobError(
    "RUNBOOK_FAILED",
    `Cannot enter the firmware of ${host}: ${name} came first; ${firmware} took no key (${pressed} pressed), and the host boots on`,
    {
      hint: "Its firmware has to wait for a key: a boot time-out of some seconds, or a boot menu that is shown",
    },
  );
}
