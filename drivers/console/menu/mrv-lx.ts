import { defineMenuProfile, logIn, portOpens } from "oob/sdk";

/** "InReach:0 >", ">>" for the superuser; the name and the session number differ. */
const PROMPT = /^[\w.-]{1,40}:\d{1,3} ?>{1,2} ?$/;

export default defineMenuProfile({
  summary: "MRV (iTouch) LX series: connect port async",
  sources: [
    "LX-Series Configuration Guide 451-0311B; LX-Series Commands Reference: connect port async",
    "notes on an LX-4048T: login, InReach:0 > and InReach:0 >> as prompts",
  ],
  ports: "its number",
  steps: logIn("cli", {
    cli: { expect: [{ prompt: PROMPT, send: "connect port async {number|none}\r", go: "open" }] },
    // How a busy port is refused is not known word by word: a line that says so, or the prompt again.
    open: portOpens(),
  }),
  enter: "wait",
  own: PROMPT,
  // No `leave`: the key for the local command mode is a setting of each port.
});
