import { defineMenuProfile, logIn, noSuchPort, portBusy, portOpens, portRows } from "oob/sdk";

const MENU = /valid option ?\[[\d, -]{1,20}\][^:]{0,60}: ?$/;
/** root has a shell; a user "menu" has the menu as its shell. */
const SHELL = /^\[[\w.-]{1,32}@[\w.-]{1,64} [^\]]{1,64}\][#$] ?$/;
const BUSY_MENU = /enter your option ?: ?$/i;

const choose = [
  // Several ports a row; each cell is a number and a name without blanks.
  ...portRows(
    /(?:^|\s)(?<number>\d{1,3}) {1,3}(?<name>[\w.-]{1,40})/,
    /^(?:[ \t]*$|[ \t]{2}|\t| \d{1,3} {1,3}[\w.-])/,
  ),
  { prompt: MENU, only: "number", send: "{number}\r", go: "open" },
  { prompt: MENU, fail: { ...noSuchPort, why: 'its menu has no port "{port}"' } },
] as const;

/** The menu itself, drawn again. */
const again = [{ line: /Serial Console Server Connection Menu/, fail: noSuchPort }] as const;
/** The lines above that menu: its prompt is what counts. */
const busy = [
  { line: /is being used by \((?<who>[^)]{1,64})\)/ },
  { line: /^ {0,8}(?:[1-5] - |\*|-{5})/, keep: true },
] as const;

export default defineMenuProfile({
  summary: "Cyclades-TS and AlterPath ACS: ts_menu, at login or from root's shell",
  sources: [
    "Cyclades-TS Installation & Service Manual 1.3.3, Appendix E: menu of a busy port, kill, escape_char (none by default)",
    "ACS console notes, Fermilab CSI: text of ts_menu and its prompt",
    "ConMan 0.2.2 cyclades-telnet.exp: ttySN is being used by (NAME)",
  ],
  ports: "the number in ts_menu, or the alias of the port there",
  steps: logIn("menu", {
    menu: { expect: [...choose, { prompt: SHELL, send: "ts_menu\r", go: "list" }] },
    list: { expect: choose },
    open: portOpens([
      ...again,
      { prompt: BUSY_MENU, only: ["who", "take"], send: "4\r", go: "kill" },
      { prompt: BUSY_MENU, only: "who", fail: portBusy },
      ...busy,
    ]),
    // "by typing its PID, or all". How it asks is not in the manual: any question but the menu's own.
    kill: {
      expect: [
        { prompt: BUSY_MENU, send: "1\r", go: "regular" },
        { prompt: /[:?>] ?$/, send: "all\r", go: "killed" },
      ],
    },
    killed: { expect: [{ prompt: BUSY_MENU, send: "1\r", go: "regular" }] },
    // Whoever is on it still now could not be killed.
    regular: portOpens([...again, { prompt: BUSY_MENU, fail: portBusy }, ...busy]),
  }),
  enter: "wait",
  own: /valid option ?\[|^\[[\w.-]{1,32}@/,
  // No `leave`: without escape_char a session ends by hanging up alone. A port that asks for a login of its own cannot be
  // told from its host's login prompt: that one is left to people.
});
