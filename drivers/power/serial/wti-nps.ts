import { declined, defineSerialPdu, MORE, refusedCommand, withLogin } from "oob/sdk";

const PROMPT = /^(?:NPS|MPC|VMR|IPS|RPB\+?)[\w-]{0,8} ?>[ \t]{0,3}$/i;
const SURE = /\bsure ?\??[ \t]{0,3}(?:\(Y\/N\))?[ \t]{0,3}[?:]?[ \t]{0,3}$/i;
const NO =
  /^[^a-z\d]{0,5}(?:invalid|error|unknown|illegal|access denied|not |no such|\?[ \t]{0,3}$)/i;
const done = { prompt: PROMPT, only: "outlet", done: true } as const;

export default defineSerialPdu({
  summary: "WTI network power switches with /S, /ON, /OFF: NPS, and MPC, VMR, IPS, RPB+ alike",
  sources: [
    "WTI NPS Series User's Guide 12927 Rev. C, 5: Password, NPS>, /S, /ON n, /OFF n, Sure?, /X",
    "WTI VMR/NPS User's Guide, 9.2: asterisk in the Status column while a plug is busy",
    "recorded status screens of v2.12 (Password before Status) and older (Status before Password)",
    "powerman wti.dev: v3.02; Linux-HA wti_nps: /X,Y",
  ],
  steps: withLogin("ready", {
    ready: {
      expect: [
        { prompt: PROMPT, only: "table", send: "/S\r", go: "table" },
        { prompt: PROMPT, only: "command", send: "/{turn} {outlet}\r", go: "typed" },
        { prompt: PROMPT, only: "leave", send: "/X,Y\r", done: true },
        { prompt: SURE, send: "N\r" },
      ],
    },
    // The order of the columns is the header's to tell; all must be there, for the last one says ON and OFF as well.
    table: {
      expect: [
        { line: /^[ \t]{0,4}Plug ?\| ?Name[ \t]{0,40}\| ?Password/i, go: "status fourth" },
        { line: /^[ \t]{0,4}Plug ?\| ?Name[ \t]{0,40}\| ?Status/i, go: "status third" },
      ],
    },
    "status third": {
      expect: [
        {
          line: /^[ \t]{0,4}(?<outlet>\d{1,2})[ \t]{0,4}\|[ \t]{0,3}(?:\(undefined\)|(?<name>[^|]{0,30}))[ \t]{0,30}\|[ \t]{0,8}(?<state>[^|*\s]{0,9})[ \t]{0,3}(?<busy>\*)?[ \t]{0,8}(?:\|[ \t]{0,20}[^|\s][^|]{0,30}){3}\|?[ \t]{0,3}$/,
        },
        { prompt: MORE, send: "\r" },
        done,
      ],
    },
    "status fourth": {
      expect: [
        {
          line: /^[ \t]{0,4}(?<outlet>\d{1,2})[ \t]{0,4}\|[ \t]{0,3}(?:\(undefined\)|(?<name>[^|]{0,30}))[ \t]{0,30}\|[^|]{0,40}\|[ \t]{0,8}(?<state>[^|*\s]{0,9})[ \t]{0,3}(?<busy>\*)?[ \t]{0,8}(?:\|[ \t]{0,20}[^|\s][^|]{0,30}){2}\|?[ \t]{0,3}$/,
        },
        { prompt: MORE, send: "\r" },
        done,
      ],
    },
    typed: {
      expect: [
        // The plug by its name, or by its number behind the letter of its unit.
        { line: /^[ \t]{0,4}Plug \w{1,4} ?: ?(?<asked>[^|]{1,30})$/i, where: { asked: "name" } },
        { line: /^[ \t]{0,4}Plug A?(?<asked>\d{1,2})\b/i, where: { asked: "outlet" } },
        { line: /^[ \t]{0,4}Plug (?<other>\w{1,4})\b/i },
        { line: /^[ \t]{0,4}Plugs? to be turned (?<verb>on|off)\b/i, where: { verb: "turn" } },
        // To be booted, or a verb that came damaged.
        { line: /^[ \t]{0,4}Plugs? to be (?<other>\S.{0,40})/i },
        { prompt: SURE, only: "other", send: "N\r", go: "declined" },
        { prompt: SURE, send: "Y\r", go: "answered" },
        { line: NO, fail: refusedCommand },
        { prompt: PROMPT, done: true },
      ],
    },
    answered: {
      expect: [
        { prompt: SURE, send: "N\r", go: "declined" },
        { line: NO, fail: refusedCommand },
        { prompt: PROMPT, done: true },
      ],
    },
    declined: declined(PROMPT),
  }),
  opens: "listen",
  begins: "again",
  typed: "typed",
  turn: { on: "ON", off: "OFF" },
  states: { on: ["on"], off: ["off"] },
  leaves: true,
  settle: 20_000,
});
