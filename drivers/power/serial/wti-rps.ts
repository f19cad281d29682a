import { defineSerialPdu, switchedOther } from "oob/sdk";

/** Wakes the modules of a chain: a fixed password of control codes. */
const KEYS = "\x02\x18\x18\x02\x18\x18";
const ANSWER = /^Plug (?<outlet>\d) (?<state>[A-Za-z]{1,8})[ \t]{0,3}$/;

export default defineSerialPdu({
  summary: "WTI RPS-10 and its chain of up to ten modules: control codes, no login, no prompt",
  sources: [
    "WTI RPS-10 User's Guide, 4: ^B^X^X^B^X^X, module 0-9 or *, 0 off, 1 on, ? status",
    'powerman wti-rps10.dev: "Plug 1 On", "Complete"',
  ],
  steps: {
    // Without an outlet it is the status of all modules.
    ask: {
      expect: [],
      within: 0,
      otherwise: { send: `${KEYS}{outlet|*}{turn|?}\r`, go: "typed" },
    },
    typed: {
      expect: [
        { line: ANSWER, only: "command", where: { outlet: "outlet" }, go: "rest" },
        { line: /^Plug (?<other>\d) /, only: "command", fail: switchedOther },
        { line: ANSWER, go: "rest" },
      ],
    },
    // Each module answers by itself, the last one with nothing behind it.
    rest: { expect: [{ line: ANSWER }], silence: 3000, otherwise: { done: true } },
  },
  opens: "ask",
  begins: "ask",
  typed: "typed",
  turn: { on: "1", off: "0" },
  states: { on: ["on"], off: ["off"] },
  leaves: false,
  settle: 5000,
});
