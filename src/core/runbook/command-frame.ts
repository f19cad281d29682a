import { randomBytes } from "node:crypto";
import { OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";

/** A command line to type, and the patterns that show where its output begins and ends. */
export interface CommandFrame {
  readonly typed: string;
  readonly begin: RegExp;
  readonly end: RegExp;
}

/**
 * Frames a command for a Bourne-like shell. The marker is split by quotes in what is typed, so that the echo of the
 * typed line can not be taken for the output. The leading blank keeps it out of most shells' history.
 */
export function frameCommand(
  command: string,
  marker = randomBytes(6).toString("hex"),
): CommandFrame {
  const line = command.trim();
  if (line === "" || /[\r\n\0]/.test(line)) {
    throw new OobError(
      "RUNBOOK_INVALID",
      `Cannot run "${printable(line, 80)}": a command is one line`,
    );
  }
  const ended = /[;&]$/.test(line) ? line : `${line};`;
  const typed = ` echo ob''-${marker}; { ${ended} }; echo oe''-${marker} $?\r`;
  return {
    typed,
    begin: new RegExp(`ob-${marker}\\n`),
    end: new RegExp(`oe-${marker} (\\d{1,3})\\n`),
  };
}
