/** What may be typed to switch outlet 3, "web1", off: decided by what stood on the screen when it was typed. */

/** The outlet that every family is asked for, by its own name for it. */
export const outletOf = (family: string): string =>
  ({ "blackbox-pse": "13", "servertech-sentry": ".AA3" })[family] ?? "3";

/** The one command of each family. A digit of APC's menus is checked against the menu. */
const COMMANDS: Readonly<Record<string, string>> = {
  "baytech-rpc3": "off 3\r",
  "blackbox-pse": "P13=0\r",
  "cyclades-pm": "off 3\r",
  "dataprobe-iboot": "\x1bs3cret3OFF\r",
  "servertech-sentry": "off .AA3\r",
  "wti-nps": "/OFF 3\r",
  "wti-rps": "\x02\x18\x18\x02\x18\x1830\r",
};

/** Throws where this is not the command. `screen`: lines since the last key was typed. */
export function checkCommand(family: string, typed: string, screen: readonly string[]): void {
  const wanted = COMMANDS[family];
  const fits =
    wanted === undefined
      ? screen.some((line) => {
          const [digit, words = ""] = line.trim().split("- ");
          return typed === `${digit}\r` && /^(?:immediate|turn) off\b/i.test(words);
        })
      : typed === wanted;
  if (!fits) throw new Error(`${family}: types ${JSON.stringify(typed)} as the command`);
}

/** Throws where a yes goes to a question about something else. `asked`: lines since the command, and the question. */
export function checkYes(family: string, asked: readonly string[]): void {
  const wrong = asked.find((line) => WRONG[family]?.(line.trim().toLowerCase()));
  if (wrong !== undefined) throw new Error(`${family}: says yes to ${JSON.stringify(wrong)}`);
  const question = (asked.at(-1) ?? "").trim().toLowerCase();
  if (family === "baytech-rpc3" && !/^turn off (?:outlet 3|web1) *\(y\/n\)/.test(question))
    throw new Error(`${family}: says yes to ${JSON.stringify(question)}`);
}

/** Whether a line is about another outlet, or another thing to be done with it. */
const WRONG: Readonly<Record<string, (line: string) => boolean>> = {
  "apc-masterswitch": (line) =>
    (!line.includes("'") && /\boutlet ?:? ?(?!3\b)\d/.test(line)) ||
    /^-* ?immediate (?:on|reboot)\b/.test(line),
  "wti-nps": (line) =>
    /^plugs? to be (?:turned on|booted)/.test(line) ||
    (/^plug \w{1,4}\b(?! to be)/.test(line) &&
      !/^plug a?3\b/.test(line) &&
      !/^plug \w{1,4} ?: ?web1$/.test(line)),
};

/** Whether a talk that ended well was told that another outlet moved. */
export const movedOther = (family: string, line: string): boolean =>
  family === "cyclades-pm"
    ? /^\s{0,6}(?!0*3:)\d{1,3}: outlet turned/i.test(line)
    : family === "servertech-sentry" && /^\s{0,6}\.(?!AA3\s)[A-Z]{1,2}\d{1,2}\s/.test(line);
