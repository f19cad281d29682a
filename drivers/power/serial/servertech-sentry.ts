import { defineSerialPdu, refusedCommand, switchedOther, withLogin } from "oob/sdk";

const PROMPT = /^(?:Switched CDU|Smart CDU|Switched PDU|Smart PDU|Sentry):[ \t]{0,3}$/i;
const MORE_ROWS = /^[ \t]{0,9}More \(Y\/es N\/o\) ?:[ \t]{0,3}$/i;
const ID = String.raw`\.[A-Z]{1,2}\d{1,2}`;
const WORD = "[A-Z][a-z]{1,9}";
/** One word or two: On, Off, Off Wait, Wake On, No Comm. */
const WORDS = `${WORD}(?: ${WORD})?`;
/**
 * Names have no blanks, and stand in a column of their own: two blanks are behind one that could be a word of a state. An
 * outlet may have none: "Wake On" is then one state, and not On of an outlet called Wake.
 */
const ROW = new RegExp(
  String.raw`^[ \t]{0,6}(?<outlet>${ID})[ \t]{1,40}(?:(?<name>[^A-Z\s]\S{0,31}|[A-Z]\S{0,31}[ \t])[ \t]{1,40})?(?<state>${WORDS})[ \t]{2,40}(?<control>${WORDS})[ \t]{0,20}$`,
);

export default defineSerialPdu({
  summary: "Server Technology Sentry switched CDU: CW, CX and their kin, command line",
  sources: [
    "Switched CDU Installation and Operations Manual, firmware 7.0: Status, Outlet State and Control State, more than 16 outlets",
    "powerman sentry_cdu.dev, version 6.0r: Switched CDU:, More (Y/es N/o):, Command successful",
  ],
  steps: withLogin("ready", {
    ready: {
      expect: [
        { prompt: PROMPT, only: "table", send: "status\r", go: "table" },
        { prompt: PROMPT, only: "command", send: "{turn} {outlet}\r", go: "typed" },
        { prompt: PROMPT, only: "leave", send: "logout\r", done: true },
        { prompt: MORE_ROWS, send: "n" },
      ],
    },
    table: {
      expect: [
        { line: ROW },
        { prompt: MORE_ROWS, send: "y" },
        { prompt: PROMPT, only: "state", done: true },
      ],
    },
    typed: {
      expect: [
        { line: new RegExp(`^[ \\t]{0,6}(?<asked>${ID})[ \\t]`), where: { asked: "outlet" } },
        { line: new RegExp(`^[ \\t]{0,6}(?<other>${ID})[ \\t]`), fail: switchedOther },
        {
          line: /^[^a-z\d]{0,5}(?:invalid|error|unknown|access|permission|denied|not |outlet[^:]{0,40}not |command (?:failed|not))/i,
          fail: refusedCommand,
        },
        { prompt: MORE_ROWS, send: "y" },
        { prompt: PROMPT, done: true },
      ],
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
