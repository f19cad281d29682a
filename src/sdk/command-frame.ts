import { randomBytes } from "node:crypto";
import { OobError } from "../lib/errors.ts";
import { printable } from "../lib/printable.ts";

/** A command line to type, and the patterns that show where its output begins and ends. */
export interface CommandFrame {
  readonly typed: string;
  readonly begin: RegExp;
  readonly end: RegExp;
}

/** busybox's shells take 1023 bytes in a line (CONFIG_FEATURE_EDITING_MAX_LEN), a tty in canonical mode 4095. */
export const MAX_TYPED_BYTES = 1000;
/** The kernel prints whole lines wherever it likes, in the middle of a marker too. */
const CHATTER = String.raw`(?:\[ {0,6}\d{1,7}\.\d{6}\] [^\n]{0,500}\n)?`;

const spaced = (marker: string): string => Array.from(marker).join(CHATTER) + CHATTER;

/**
 * Frames a command for a Bourne-like shell. The marker is split by quotes in what is typed, so that the echo of the
 * typed line can not be taken for the output, however the terminal wraps it. The command stands in single quotes: what
 * is wrong inside it stays inside. It gets an empty input, since
 * nobody would answer a question (and not /dev/null, which early shells lack). The leading blank keeps it out
 * of most shells' history.
 */
export function frameCommand(
  command: string,
  marker = randomBytes(6).toString("hex"),
): CommandFrame {
  const line = command.trim();
  const typed = ` echo ob''-${marker}; : | sh -c '${line.replaceAll("'", `'\\''`)}'; echo oe''-${marker} $? $?\r`;
  const wrong =
    line === "" || /\p{Cc}/u.test(line)
      ? "a command is one line without control characters"
      : Buffer.byteLength(typed) > MAX_TYPED_BYTES
        ? `it is too long: ${Buffer.byteLength(typed)} bytes would be typed, shells take ${MAX_TYPED_BYTES}`
        : undefined;
  if (wrong !== undefined)
    throw new OobError("RUNBOOK_INVALID", `Cannot run "${printable(line, 80)}": ${wrong}`);
  return {
    typed,
    begin: new RegExp(`${spaced(`ob-${marker}`)}\\n`),
    // The status twice: "10" that lost a digit must not become "0".
    end: new RegExp(`${spaced(`oe-${marker} `)}(\\d{1,3})${CHATTER} ${CHATTER}\\1${CHATTER}\\n`),
  };
}
