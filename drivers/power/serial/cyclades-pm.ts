import { defineSerialPdu, MORE, refusedCommand, switchedOther, withLogin } from "oob/sdk";

const PROMPT = /^pm ?>[ \t]{0,3}$/i;

export default defineSerialPdu({
  summary: "Cyclades and Avocent AlterPath PM IPDU: PM8, PM10, PM20, PM42",
  sources: [
    "Cyclades PM IPDU Installer/Administrator/User Guide 590-667-501A, 4: status, on, off, lock, answers",
    "powerman cyclades-pm8.dev, -pm10, -pm20, -pm42: Username:, Password:, pm>, Unlocked ON; s/w 1.0.9a",
  ],
  steps: withLogin("ready", {
    ready: {
      expect: [
        { prompt: PROMPT, only: "table", send: "status all\r", go: "table" },
        { prompt: PROMPT, only: "command", send: "{turn} {outlet}\r", go: "typed" },
        { prompt: PROMPT, only: "leave", send: "exit\r", done: true },
      ],
    },
    table: {
      expect: [
        {
          line: /^[ \t]{0,6}(?<outlet>\d{1,3})[ \t]{1,30}(?:(?<name>\S{1,30})[ \t]{1,30})?Unlocked[ \t]{1,9}(?<state>[A-Z]{2,8})(?:[ \t]|$)/i,
        },
        {
          line: /^[ \t]{0,6}(?<outlet>\d{1,3})[ \t]{1,30}(?:(?<name>\S{1,30})[ \t]{1,30})?(?<locked>Locked)[ \t]{1,9}(?<state>[A-Z]{2,8})(?:[ \t]|$)/i,
        },
        { prompt: MORE, send: "\r" },
        { prompt: PROMPT, only: "state", done: true },
      ],
    },
    typed: {
      expect: [
        {
          line: /^[ \t]{0,6}\d{1,3}: .{0,30}(?:locked|denied|not |fail|error)/i,
          fail: refusedCommand,
        },
        {
          line: /^[ \t]{0,6}(?<asked>\d{1,3}): Outlet turned/i,
          where: { asked: "outlet" },
          go: "turned",
        },
        { line: /^[ \t]{0,6}(?<other>\d{1,3}): Outlet turned/i, fail: switchedOther },
        {
          line: /^[^a-z\d]{0,5}(?:error|invalid|unknown|usage|syntax|access|permission|command|outlet[^:]{0,30}locked|not )/i,
          fail: refusedCommand,
        },
        { prompt: PROMPT, done: true },
      ],
    },
    turned: {
      expect: [
        { line: /^[ \t]{0,6}(?<other>\d{1,3}): Outlet turned/i, fail: switchedOther },
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
