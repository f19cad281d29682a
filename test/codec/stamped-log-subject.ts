import { ConmanLog } from "../../src/codec/conman-log.ts";
import { ConserverLog } from "../../src/codec/conserver-log.ts";
import { MAX_STAMPED_LINE_BYTES, type StampedPiece } from "../../src/codec/stamped-log.ts";
import { latin1 } from "../../src/lib/bytes.ts";
import type { Subject } from "./subject.ts";

const asEvents = (pieces: readonly StampedPiece[]) =>
  pieces.map((piece) => (piece.is === "bytes" ? { ...piece, bytes: [...piece.bytes] } : piece));

export const conserverLogSubject: Subject<ConserverLog, StampedPiece> = {
  make: () => new ConserverLog(),
  feed: (log, bytes) => log.receive(bytes),
  join: asEvents,
  held: (log) => log.held,
  bound: MAX_STAMPED_LINE_BYTES,
  words: [
    "[-- Console up -- Sun Nov 22 22:16:56 2026]\r\n",
    "host login: [-- MARK -- Sun Nov 22 22:17:00 2026]\r\n",
    "[-- jana@localhost attached -- Sun Nov 22 22:17:02 2026]\r\n",
    "[-- break #0(1) sent -- `\\z' -- Sun Nov 22 22:17:07 2026]\r\n",
    "[Sun Nov 22 22:17:04 2026]\r\r\n",
    "[Sun Nov 22 22:17:12 PST 2026]host login: ",
    "line 1\r\r\n",
    "[-- ",
    "\n",
  ].map(latin1),
};

export const conmanLogSubject: Subject<ConmanLog, StampedPiece> = {
  make: () => new ConmanLog({ stamped: true }),
  feed: (log, bytes) => log.receive(bytes),
  join: asEvents,
  held: (log) => log.held,
  bound: MAX_STAMPED_LINE_BYTES + 2,
  words: [
    "\r\n<ConMan> Console [web1] log opened at 2026-11-22 22:16:56 CET.\r\n",
    '\r\n<ConMan> Console [web1] connected to "a.sh" (pid 16112) at 11-22 22:16.\r\n',
    "\r\n<ConMan> Console [web2] joined by <root@localhost> at 11-22 22:17.\r\n",
    "2026-11-22 22:17:00 host login: ",
    "2026-11-22 22:17:04 \r\n",
    "line 1\r\n",
    "<ConMan> ",
    "\r\n",
    "\n",
  ].map(latin1),
};
