import { declined, defineSerialPdu, MORE, refusedCommand, withLogin } from "oob/sdk";

/** "RPC-3>", "RPC-28A>", "RPC-3/4(A)DE>", "RPC >", "DS-RPC>". */
const PROMPT = /^(?:DS-?)?RPC[\w()/-]{0,12}(?: [\w-]{1,12})? {0,2}>[ \t]{0,3}$/i;
/** The menu above it, on units with users. */
const MENU = /^Enter Selection ?>[ \t]{0,3}$/i;
/** "Turn On Outlet 3 (Y/N)?" */
const ASKS = /^Turn (?<verb>On|Off) Outlet (?<asked>\d{1,2}) {0,3}\(Y\/N\) {0,3}[?>:]{0,2} {0,3}$/i;
const ASKS_BY_NAME =
  /^Turn (?<verb>On|Off) (?<asked>\S(?: ?\S){0,40}) {0,3}\(Y\/N\) {0,3}[?>:]{0,2} {0,3}$/i;
const NO =
  /^[^a-z\d]{0,5}(?:invalid|input error|error|unknown|illegal|access|permission|denied|not |outlet[^:]{0,30}locked)/i;

export default defineSerialPdu({
  summary: "BayTech RPC series: RPC-3, RPC-3/4 NC and DE, RPC-22, RPC-28, DS-RPC",
  sources: [
    "BayTech RPC Owner's Manual U140E125-03 (1998), 4: Status, On n, Off n, the question (Y/N)?",
    "DS-RPC Owner's Manual, Controlling Receptacles: status menu, Turn On Outlet 3 (Y/N)?",
    "powerman baytech*.dev: rows of RPC-3, RPC3-NC, RPC-18, RPC-22 and RPC-28, Enter before each command, Enter password>, Enter Selection>, RPC-28A>, firmware F5.00, F4.00, F3.01, F1.08",
  ],
  steps: withLogin("ready", {
    ready: {
      expect: [
        {
          line: /^[ \t]{0,10}(?<ctl>\d)\)?[ .)-]{1,20}(?:Control )?Outlets?(?: Control)?[ \t]{0,9}$/i,
        },
        { line: /^[ \t]{0,10}(?<bye>\d)\)?[ .)-]{1,20}(?:Logout|Logoff|Exit)[ \t]{0,9}$/i },
        { line: /^[ \t]{0,10}(?<item>\d)\)[ .]/ },
        { prompt: MENU, only: ["leave", "bye"], send: "{bye}\r", done: true },
        { prompt: MENU, only: "ctl", send: "{ctl}\r" },
        // Some other menu, left by somebody: Enter goes up.
        { prompt: MENU, only: "item", send: "\r" },
        { prompt: MENU, only: "leave", send: "6\r", done: true },
        { prompt: MENU, send: "1\r" },
        { prompt: PROMPT, only: "table", send: "status\r", go: "table" },
        { prompt: PROMPT, only: "command", send: "{turn} {outlet}\r", go: "typed" },
        { prompt: PROMPT, only: "leave", send: "menu\r", go: "leaving" },
        // A question that somebody left unanswered.
        { prompt: /\(Y\/N\)[^)]{0,8}$/i, send: "N\r" },
      ],
    },
    table: {
      expect: [
        // "1)...OUTLET 1  : Off", "Outlet  1       : On": what follows the last colon.
        {
          line: /^[ \t]{0,10}(?:Outlet[ \t]{1,4})?(?<outlet>\d{1,2})(?:(?:\)[ .\t]{0,9}|[ .\t]{1,9})(?<name>.{0,40})|[^\d.) \t].{0,39})?:[ \t]{0,4}(?<state>[A-Za-z]{1,12})[ \t]{0,9}$/i,
        },
        // Selection, name, outlet, state: only where one number means both, or a command would go elsewhere.
        {
          line: /^[ \t]{0,10}(?<outlet>\d{1,2})[ \t]{1,20}(?<name>\S(?: ?\S){0,40})[ \t]{2,40}(?<number>\d{1,2})[ \t]{1,20}(?<state>[A-Za-z]{1,12})(?<locked>[ \t]{1,9}Locked)?[ \t]{0,9}$/i,
        },
        { prompt: MORE, send: "\r" },
        { prompt: PROMPT, only: "state", done: true },
      ],
    },
    typed: {
      expect: [
        { prompt: ASKS, where: { verb: "turn", asked: "outlet" }, send: "Y\r", go: "answered" },
        {
          prompt: ASKS_BY_NAME,
          where: { verb: "turn", asked: "name" },
          send: "Y\r",
          go: "answered",
        },
        { prompt: /\(Y\/N\)[^)]{0,8}$/i, send: "N\r", go: "declined" },
        { line: NO, fail: refusedCommand },
        { prompt: PROMPT, done: true },
      ],
    },
    answered: {
      expect: [
        { prompt: /\(Y\/N\)[^)]{0,8}$/i, send: "N\r", go: "declined" },
        { line: NO, fail: refusedCommand },
        { prompt: PROMPT, done: true },
      ],
    },
    declined: declined(PROMPT),
    leaving: {
      expect: [
        { line: /^[ \t]{0,10}(?<bye>\d)\)?[ .)-]{1,20}(?:Logout|Logoff|Exit)[ \t]{0,9}$/i },
        { prompt: MENU, send: "{bye|6}\r", done: true },
        { prompt: PROMPT, send: "exit\r", done: true },
      ],
      silence: 2000,
      otherwise: { done: true },
    },
  }),
  opens: "listen",
  begins: "again",
  typed: "typed",
  turn: { on: "on", off: "off" },
  states: { on: ["on"], off: ["off"] },
  leaves: true,
  settle: 10_000,
});
