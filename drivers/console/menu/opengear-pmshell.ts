import { defineMenuProfile, logIn, noSuchPort, portOpens, portRows } from "oob/sdk";

const MENU = /(?:connect to|select|enter)[^:>]{0,40}port[^:>]{0,40}[:>] ?$/i;
const SHELL = /^(?:[\w.@~/:-]{0,100} ?)?[#$] ?$/;

const choose = [
  // Several ports in a line: "1: web1               8: Port 8". The pmshell of older firmware has one a line.
  ...portRows(/(?:^|\s)(?<number>\d{1,2}): (?<name>[^\s:]{1,40})/, /^(?:\s*$| {2}|\s\d{1,2}: )/),
  { prompt: MENU, only: "number", send: "{number}\r", go: "open" },
  { prompt: MENU, fail: { ...noSuchPort, why: 'pmshell lists no port "{port}"' } },
] as const;

export default defineMenuProfile({
  summary: "Opengear, and its kin of Black Box and Tripp Lite: pmshell's port menu",
  sources: [
    "Black Box LES1500 User Manual, 16.2.1 portmanager commands: pmshell, ~b break, ~m menu, ~. quit (~~ over ssh)",
    "Opengear ACM7000 User Manual, 3: console server mode, connections run pmshell",
  ],
  ports: "its number, or the label without blanks",
  steps: logIn("menu", {
    menu: { expect: [...choose, { prompt: SHELL, send: "pmshell\r", go: "list" }] },
    // The words of the prompt are not in the manual: "Connect to port >" was seen in use, the rest are variants.
    list: { expect: choose },
    open: portOpens([{ line: /^\d{1,2}: \S/, keep: true }]),
    // Several people may be on a port, so none is busy. pmshell hears ~ at the beginning of a line alone, as cu does; a
    // line that is not at its beginning is freed by hanging up.
    leave: { expect: [], within: 0, otherwise: { send: "~.", go: "left" } },
    left: {
      expect: [
        { prompt: MENU, done: true },
        { prompt: SHELL, send: "exit\r", done: true },
      ],
      within: 1000,
      otherwise: { done: true },
    },
  }),
  enter: "wait",
  leave: "leave",
  breakKeys: "~b",
  own: /(?:connect to|select|enter)[^:>]{0,40}port|^[\w.-]{1,32}@[\w.-]{1,64}/i,
});
