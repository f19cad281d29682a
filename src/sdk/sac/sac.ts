import type { Millis } from "../../lib/clock.ts";
import { minutes, seconds } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import type { Expected, RunbookHands } from "../runbook.ts";

/**
 * Special Administration Console of Windows: the door of Emergency Management Services on a serial port. Microsoft:
 * "Special Administration Console (SAC) and SAC commands", "!Special Administration Console (!SAC) and !SAC commands".
 */
const PROMPT = /(?:^|\n)SAC> ?$/;
/** After a stop error, or where SAC itself could not start. */
const STOPPED_PROMPT = /(?:^|\n)!SAC> ?$/;
/** A long answer waits; `p` would switch that off for everybody. */
const MORE = /-{2,} ?Press <Enter> for more ?-{2,} ?$/i;
/** A channel's title page: of a command prompt, or of SAC itself. */
const CHANNEL_PAGE = /Use any other key to view this channel\.?\s*$/;
/** From whichever channel: back to SAC. */
const TO_SAC = "\x1b\t0";
const ANSWER_WITHIN: Millis = seconds(15);
const MAX_PAGES = 200;
const MAX_TRIES = 4;
/** SAC has started with the kernel. */
export const SAC_BOOTS = /Computer is booting, SAC started and initialized|<machine-info>/;
/** Windows is up as far as a person could log in: EMS's counterpart of a login prompt. */
export const SAC_READY = /EVENT: +The CMD command is now available\./;
/** What a Windows that was stopped says. */
export const SAC_STOP_ERROR =
  /\*\*\* STOP: 0x[0-9A-F]{8}|<INSTANCE CLASSNAME="BLUESCREEN">|(?:^|\n)!SAC>|dump of physical memory/i;

/** How Windows answers at its console: as it should, or after a stop error. */
export type SacStand = "sac" | "stopped";

/** What `id` says, by its words: "Computer Name", "OS Version". */
export type SacIdentity = Readonly<Record<string, string>>;

/** One row of `ch`. */
export interface SacChannel {
  readonly number: number;
  readonly name: string;
  /** A: active, I: inactive. */
  readonly active: boolean;
}

/** Comes to the prompt of SAC from wherever somebody left this console. Throws EXPECT_TIMEOUT. */
export async function reachSac(hands: RunbookHands): Promise<SacStand> {
  const { console } = hands;
  for (let tries = 1; ; tries++) {
    // A program in a channel keeps what was typed there; SAC throws an empty line away.
    await console.send(tries === 1 ? "\r" : `${TO_SAC}\r`);
    try {
      const what = "SAC> or !SAC>, the prompt of Windows' serial console";
      const { which } = await console.expect(
        [PROMPT, STOPPED_PROMPT, CHANNEL_PAGE],
        seconds(5),
        what,
      );
      if (which < 2) return which === 0 ? "sac" : "stopped";
      // The page says itself what leads back.
    } catch (thrown) {
      if (tries >= MAX_TRIES || !(thrown instanceof OobError) || thrown.code !== "EXPECT_TIMEOUT")
        throw thrown;
    }
  }
}

/** Types one command at SAC, and gives its answer; pages are turned. */
export async function askSac({ console, host }: RunbookHands, command: string): Promise<string> {
  await console.send(`${command}\r`);
  let text = "";
  for (let page = 0; page < MAX_PAGES; page++) {
    const what = `the end of SAC's answer to "${command}"`;
    const { which, before }: Expected = await console.expect(
      [PROMPT, STOPPED_PROMPT, MORE],
      ANSWER_WITHIN,
      what,
    );
    text += `${before}\n`;
    if (which < 2) return withoutEcho(text, command);
    await console.send("\r");
  }
  throw new OobError(
    "RUNBOOK_FAILED",
    `Cannot read what SAC says to "${command}" at ${host.name}: it has more than ${MAX_PAGES} pages`,
  );
}

function withoutEcho(text: string, command: string): string {
  const rows = text.split("\n");
  const echo = rows.findIndex((row) => row.trim() === command);
  return rows.slice(echo + 1).join("\n");
}

/** Reads the answer to `id`: a word, a colon, a value on each row. */
export function readSacIdentity(text: string): SacIdentity {
  const found: Record<string, string> = {};
  for (const row of text.split("\n").slice(0, 60)) {
    const [, key = "", value = ""] = /^ {0,60}([A-Z][\w ]{1,40}): +(\S.{0,200})$/.exec(row) ?? [];
    if (key !== "" && Object.keys(found).length < 30) found[key] = printable(value.trim(), 200);
  }
  return found;
}

/** Reads the answer to `ch`. */
export function readSacChannels(text: string): readonly SacChannel[] {
  return text
    .split("\n")
    .slice(0, 100)
    .flatMap((row) => {
      const [, number, state, name] =
        /^ {0,4}(\d{1,2}) +\(([AI])[VRS]?\) +(\S.{0,80})$/.exec(row) ?? [];
      if (number === undefined || name === undefined) return [];
      return [{ number: Number(number), name: printable(name.trim(), 80), active: state === "A" }];
    });
}

/** Throws where the host calls itself otherwise than it should: the console of another machine. */
export async function demandSacName(hands: RunbookHands, wanted: string): Promise<SacIdentity> {
  const identity = readSacIdentity(await askSac(hands, "id"));
  const name = identity["Computer Name"];
  const short = (text: string) => text.split(".")[0]?.toLowerCase();
  if (name !== undefined && short(name) === short(wanted)) return identity;
  const { host } = hands;
  throw new OobError(
    "RUNBOOK_FAILED",
    name === undefined
      ? `Cannot go on at ${host.name}: "id" names no computer`
      : `Cannot go on at ${host.name}: the host that answers there calls itself "${name}", wanted "${wanted}"`,
    {
      hint: `Look where the console of ${host.name} is wired to; if it is right, say --set name=${name !== undefined && /^[\w.-]{1,64}$/.test(name) ? name : "NAME"}`,
    },
  );
}

/** How long a Windows server may take from its kernel to a command prompt. */
export const SAC_READY_WITHIN: Millis = minutes(30);
