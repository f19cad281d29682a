import { defineMenuProfile, logIn, portBusy, portOpens } from "oob/sdk";

/** "cli->", behind the place in the tree ("--:- / cli->") on some firmware. */
const CLI = /cli-> ?$/;
const BUSY_MENU = /enter your option ?: ?$/i;

export default defineMenuProfile({
  summary: "Avocent (Vertiv) ACS 6000, 800 and 8000: connect in the CLI's access folder",
  sources: [
    "Avocent ACS6000 Command Reference Guide, 3 Port Access: access connect, access show",
    "Advanced Console Server user's guide, Ports: Multi User (sniff menu of a port in use)",
  ],
  ports: "the name of the port in `access show`, for example the target's or ttyS7",
  steps: logIn("cli", {
    cli: { expect: [{ prompt: CLI, send: "cd /access\r", go: "access" }] },
    access: { expect: [{ prompt: CLI, send: "connect {port}\r", go: "open" }] },
    // The words of a refusal differ between firmwares: what is not understood ends at the prompt, which counts.
    open: portOpens([
      { line: /being used by \(?(?<who>[\w.@-]{1,64})/i },
      { prompt: BUSY_MENU, only: "who", fail: portBusy },
      { line: /^ {0,8}\d - /, keep: true },
    ]),
  }),
  enter: "wait",
  own: CLI,
  // No `leave`: the session hot key is a setting, and a wrong one would be typed at the host. Hanging up frees the port.
});
