import fc from "fast-check";
import { expect, test } from "vitest";
import { createDetector } from "../../../src/core/detect/create-detector.ts";
import { latin1 } from "../../../src/lib/bytes.ts";
import { shippedRules } from "./shipped-rules.ts";

const words = [
  ...shippedRules.flatMap((rule) => [...rule.hints, ...rule.matches, ...rule.rejects]),
  ...["\r", "\n", "\b", "\0", "\x07", "\x1b"],
  ...[
    "\r\n",
    "\r\r\n",
    "\x1b[K",
    "\x1b[2;3H",
    "\x1b[?1049h",
    "\x1b[?2004h",
    "\x1b[?2004l",
    "\x1b[?1h\x1b=",
    "\x1b]0;x\x07",
  ],
  ...[
    "[    1.500000] ",
    "[ 9999.5] ",
    "<6>",
    "Nov 22 08:12:08 web1 kernel: ",
    "root@web1:~# ",
    "cat x\r\n",
    "> ",
  ],
];

/** Hostile text: words of rules, controls, stamps and prompts in any order, and bytes of any kind. */
const texts = fc
  .array(fc.oneof(fc.constantFrom(...words), fc.string({ unit: "binary", maxLength: 6 })), {
    maxLength: 40,
  })
  .map((pieces) => latin1(pieces.join("")));

function run(bytes: Uint8Array, cuts: readonly number[]) {
  const detector = createDetector(shippedRules);
  const events = [];
  let from = 0;
  for (const cut of [...cuts, bytes.length]) {
    const to = Math.min(bytes.length, Math.max(from, cut));
    events.push(...detector.see(bytes.subarray(from, to), 0));
    void detector.opinion;
    from = to;
  }
  return { events, pending: detector.pending, opinion: detector.opinion, offset: detector.offset };
}

test("any bytes: the same evidence and opinion however they are cut, and however often it is asked", () => {
  fc.assert(
    fc.property(texts, fc.array(fc.nat(2000), { maxLength: 12 }), (bytes, cuts) => {
      const ordered = cuts.toSorted((a, b) => a - b);
      expect(run(bytes, ordered)).toEqual(run(bytes, []));
    }),
    { numRuns: 300 },
  );
});

test("any bytes: evidence lies inside the stream, in order, and is bounded", () => {
  fc.assert(
    fc.property(texts, (bytes) => {
      const { events, opinion } = run(bytes, []);
      for (const { at, offset, line } of events) {
        expect(at).toBeLessThanOrEqual(offset);
        expect(offset).toBeLessThanOrEqual(bytes.length);
        expect(line.length).toBeLessThanOrEqual(300);
      }
      expect(opinion.since).toBeLessThanOrEqual(bytes.length);
    }),
    { numRuns: 300 },
  );
});

test("whatever went before, a boot and a login prompt mean that the host lives", () => {
  const up = latin1(
    "\r\n\x1bc\r\n[    0.000000] Linux version 6.1.0-50-amd64 (x@y) (gcc) #1 SMP\r\n\r\nweb1 login: ",
  );
  fc.assert(
    fc.property(texts, (bytes) => {
      const detector = createDetector(shippedRules);
      detector.see(bytes, 0);
      detector.gap();
      detector.see(up, 0);
      expect(detector.opinion.action).toMatch(/^(?:none|notify|hold)$/);
    }),
    { numRuns: 300 },
  );
});
