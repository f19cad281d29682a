import type { DialogueSteps } from "oob/codec/dialogue-steps";
import { defineSerialPdu } from "oob/sdk";

const SOCKETS = [1, 2, 3, 4, 5, 6, 7, 8] as const;
const answer = (socket: number) =>
  new RegExp(`^P(?<outlet>1${socket})=(?<state>[01])[ \\t]{0,3}$`, "i");

/** One question a socket; the first one's answer shows that it listens. */
const steps: DialogueSteps = Object.fromEntries(
  SOCKETS.map((socket) => {
    const next = socket + 1;
    const then =
      next > SOCKETS.length
        ? ({ done: true } as const)
        : { send: `R1${next}\r`, go: `socket ${next}` };
    const command = { line: answer(1), only: "command", send: "P{outlet}={turn}\r", go: "typed" };
    const table = { line: answer(socket), only: "table", ...then };
    return [`socket ${socket}`, { expect: socket === 1 ? [command, table] : [table] }];
  }),
);

export default defineSerialPdu({
  summary: "Black Box Secure Power Switch PSE5xx, the first unit of a chain, eight sockets",
  sources: [
    "Black Box PSE518SA Quick Start Guide (2007): Rxy, Pxy=z with z 0 off, 1 on",
    "Black Box PSE508MA User Guide, 6: P14=1, an echo for each received character",
  ],
  steps: {
    ...steps,
    ask: { expect: [], within: 0, otherwise: { send: "R11\r", go: "socket 1" } },
    // It says nothing but the echo.
    typed: { expect: [], silence: 1000, otherwise: { done: true } },
  },
  opens: "ask",
  begins: "ask",
  typed: "typed",
  turn: { on: "1", off: "0" },
  states: { on: ["1"], off: ["0"] },
  leaves: false,
  settle: 5000,
});
