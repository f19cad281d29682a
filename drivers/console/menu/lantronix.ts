import { defineMenuProfile, logIn, noSuchPort, portOpens } from "oob/sdk";

/** SLC, SLB: "[slc0a1b]>". */
const SLC = /^\[[\w.-]{1,64}\]> ?$/;
/** SCS100/200/400: "Local_3>". Its name may be changed; then nothing here fits. */
const SCS = /^Local(?:_\d{1,3})?> ?$/;
/** EDS: ">", later with the level in front. */
const EDS = /^(?:\([\w-]{1,32}\))?> ?$/;
const ANY = /^(?:\[[\w.-]{1,64}\]|Local(?:_\d{1,3})?|\([\w-]{1,32}\))?> ?$/;

export default defineMenuProfile({
  summary: "Lantronix SLC and SLB, SCS, EDS: the connect command of their command lines",
  sources: [
    "SecureLinx SLC User Guide, 8 Device Ports: connect direct deviceport PORT|NAME, escape sequence Esc+A by default",
    "Lantronix SCS Reference Manual, 8.6: Local> prompt, sessions, Break suspends",
    "Lantronix EDS (Evolution OS) command reference: connect line",
  ],
  ports: "its number; on the SLC also its name",
  steps: logIn(
    "cli",
    {
      cli: {
        expect: [
          { prompt: SLC, send: "connect direct deviceport {port}\r", go: "open" },
          // On SCS and EDS the words were not to be had in the manuals that were at hand: tried on nothing.
          { prompt: SCS, only: "number", send: "connect local port_{number}\r", go: "open" },
          { prompt: EDS, only: "number", send: "connect line {number}\r", go: "open" },
          { prompt: ANY, fail: { ...noSuchPort, why: 'it wants a number instead of "{port}"' } },
        ],
      },
      open: portOpens(),
      leave: { expect: [], within: 0, otherwise: { send: "\x1bA", go: "left" } },
      left: { expect: [{ prompt: SLC, send: "logout\r", done: true }], within: 2000 },
    },
    "\x1bA",
  ),
  enter: "wait",
  leave: "leave",
  own: /^\[[\w.-]{1,64}\]>|^Local_\d/,
});
