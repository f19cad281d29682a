import { defineSerialPdu, switchedOther } from "oob/sdk";

const ANSWER =
  /^[ \t]{0,3}(?<outlet>[1-8]) (?<state>[A-Za-z]{1,8})(?: (?<busy>CYCLE))?[ \t]{0,3}$/i;

export default defineSerialPdu({
  summary: "Dataprobe iBootBar: the RPS protocol of its serial port (set protocol), with password",
  sources: [
    "iBootBar Precision Installation and Operations v20160428, Direct Messaging Protocols: <esc><pass><outlet><cmd><enter>, ON, OFF, ?, CYCLE",
  ],
  steps: {
    // Each message has the password in it; without an outlet it is the status of all.
    ask: {
      expect: [],
      within: 0,
      otherwise: { send: "\x1b{password|}{outlet|}{turn|?}\r", go: "typed" },
    },
    typed: {
      expect: [
        { line: ANSWER, only: "command", where: { outlet: "outlet" }, go: "rest" },
        { line: /^[ \t]{0,3}(?<other>[1-8]) /, only: "command", fail: switchedOther },
        { line: ANSWER, go: "rest" },
      ],
    },
    rest: { expect: [{ line: ANSWER }], silence: 3000, otherwise: { done: true } },
  },
  opens: "ask",
  begins: "ask",
  typed: "typed",
  turn: { on: "ON", off: "OFF" },
  states: { on: ["on"], off: ["off"] },
  leaves: false,
  settle: 10_000,
});
