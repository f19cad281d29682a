import { type EscapeEvent, EscapeKeys } from "../../src/codec/escape-keys.ts";
import type { EscapeProfile } from "../../src/codec/escape-profile.ts";
import { latin1 } from "../../src/lib/bytes.ts";
import { joinBytes, type Subject } from "./subject.ts";

/** "%break" of cu, and Enter after it. */
const LONGEST = 7;

/** The keys of a profile under the three laws. */
export const escapeSubject = (profile: EscapeProfile): Subject<EscapeKeys, EscapeEvent> => ({
  make: () => new EscapeKeys(profile),
  feed: (keys, bytes) => keys.receive(bytes, 0),
  join: joinBytes<EscapeEvent>("bytes"),
  held: (keys) => keys.held,
  bound: 2 + LONGEST,
  words: [
    "ls\r",
    "\x1d",
    "\x05",
    "\x05c",
    "&",
    "~",
    ".",
    "\x04",
    "q",
    "l",
    "0",
    "?",
    "\n",
    "B",
    "\r~%break\r",
    "\r~!ls\r",
    "\x05ce",
    "\x05c\\101",
  ].map(latin1),
});
