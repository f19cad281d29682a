import { defineMenuProfile, logIn, noSuchPort, portBusy, portOpens, portRows } from "oob/sdk";

/** PortServer TS, ConnectPort TS. */
const SHELL = /^#> ?$/;
/** Passport, CM: the port access menu. Its words differ between firmwares: any question for a port or a choice. */
const MENU = /(?:select|enter|choose|port|command|menu)[^:>]{0,60}[:>] ?$/i;
/** The question below the port escape menu. */
const CHOICE = /(?:select|enter|choose|command|menu|option)[^:>]{0,60}[:>] ?$/i;
/** A row of the port access menu. */
const ROW = /^[^\w]{0,4}(?<number>\d{1,3})[ .:|)\]]{1,6}(?<name>[\w.#-]{1,40})/;
/** Its title has no blanks: behind it the column ends. */
const BEHIND = /^(?:[ \t]*$|[ \t]{2}|\t|[ \t]?[|()[\]*])/;

export default defineMenuProfile({
  summary: "Digi Passport and CM (port access menu), PortServer TS and ConnectPort TS (connect)",
  sources: [
    "Digi Passport User's Guide 90000767, 1: Port Escape Menu, Ctrl-Z by default, x closes, b sends a break; 8: Sniff Session",
    "Digi One and PortServer TS Family Command Reference 90001535: connect, who",
  ],
  ports: "its number; on Passport and CM also its title in the menu",
  steps: logIn(
    "menu",
    {
      menu: {
        expect: [
          ...portRows(ROW, BEHIND),
          { prompt: SHELL, only: "number", send: "connect {number}\r", go: "open" },
          { prompt: MENU, only: "number", send: "{number}\r", go: "open" },
          { prompt: MENU, fail: { ...noSuchPort, why: 'its menu has no port "{port}"' } },
        ],
      },
      open: portOpens([
        // With a session on the port the escape menu comes by itself; who has the main session stands in it.
        {
          line: /(?<busy>main session|port)[^.]{0,40}(?:used|opened|taken) by [("']?(?<who>[\w.@-]{1,64})/i,
        },
        { line: /(?<key>\b[a-z])\b[^a-z]{1,5}take ?over/i },
        { line: /(?<busy>port escape menu)/i },
        {
          line: /^[^a-z]{0,4}[a-z]\b[^a-z]{1,5}(?:send|enter|sniff|close|show|create|power|reboot|disconnect)/i,
          keep: true,
        },
        { line: ROW, keep: true },
        { prompt: CHOICE, only: ["busy", "take"], send: "{key|t}\r", go: "taken" },
        { prompt: CHOICE, only: "busy", fail: portBusy },
      ]),
      taken: portOpens([{ prompt: CHOICE, fail: portBusy }]),
      leave: { expect: [], within: 0, otherwise: { send: "\x1a", go: "left" } },
      left: {
        expect: [{ prompt: CHOICE, send: "x", done: true }],
        within: 1500,
        otherwise: { done: true },
      },
    },
    "\x1a",
  ),
  enter: "wait",
  leave: "leave",
  breakKeys: "\x1ab",
  own: /(?:select|enter|choose)[^:>]{0,40}port/i,
});
