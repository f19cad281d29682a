import {
  MAX_REPORT_BYTES,
  type TerminalInputEvent,
  TerminalReports,
} from "../../src/codec/terminal-reports.ts";
import { utf8 } from "../../src/lib/bytes.ts";
import { joinBytes, type Subject } from "../codec/subject.ts";
import { codecTarget } from "./fuzz-target.ts";

/** What a terminal sends, keys and its own reports, under the three laws. */
export const reportsSubject: Subject<TerminalReports, TerminalInputEvent> = {
  make: () => new TerminalReports(),
  feed: (reports, bytes) => reports.receive(bytes),
  join: joinBytes<TerminalInputEvent>("bytes"),
  held: (reports) => reports.held,
  bound: MAX_REPORT_BYTES,
  words: [
    "ls\r",
    "\x1b",
    "\x1b[",
    "\x1b[A",
    "\x1bOP",
    "\x1b[1;5C",
    "\x1b[24;80R",
    "\x1b[?1;2c",
    "\x1b[200~",
    "\x1b[201~",
    "\x1b]11;rgb:0/0/0",
    "\x07",
    "\x1b\\",
    "\x1bP1$r0m",
    "\x1b_Gi=1;OK",
    "\x1b[[A",
    "ž",
  ].map(utf8),
};

export default codecTarget(reportsSubject);
