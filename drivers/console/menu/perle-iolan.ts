import { defineMenuProfile, logIn, noSuchPort, portOpens, portRows } from "oob/sdk";

/** The Easy Port Access menu. Its words are not in the guide: any question for a port or a choice. */
const MENU = /(?:select|enter|choose|connect to|which)[^:>]{0,60}[:>] ?$/i;

/** A row of the menu. */
const ROW = /^[^\w]{0,4}(?<number>\d{1,3})[ .:|)\]]{1,6}(?<name>[\w.-]{1,40})/;
/** Its name has no blanks: behind it the column ends. */
const BEHIND = /^(?:[ \t]*$|[ \t]{2}|\t|[ \t]?[|()[\]*])/;

export default defineMenuProfile({
  summary: "Perle IOLAN SCS, STS and SDS: Easy Port Access menu",
  sources: [
    "IOLAN SDS/SCS/STS/MDC User's Guide 4.9 (5500161-47): user service, Easy Port Access, Sessions tab",
  ],
  ports: "its number in the menu, or its name there",
  steps: logIn("menu", {
    menu: {
      expect: [
        ...portRows(ROW, BEHIND),
        { prompt: MENU, only: "number", send: "{number}\r", go: "open" },
        { prompt: MENU, fail: { ...noSuchPort, why: 'its menu has no port "{port}"' } },
      ],
    },
    open: portOpens([{ line: ROW, keep: true }]),
  }),
  enter: "wait",
  own: /(?:select|enter|choose|connect to|which)[^:>]{0,40}port/i,
  // No `leave`: the string that calls the menu back is a setting. Hanging up frees the port.
});
