import { MAX_QMP_LINE_BYTES, QmpCodec, type QmpEvent } from "../../src/codec/qmp.ts";
import { utf8 } from "../../src/lib/bytes.ts";
import type { Subject } from "../codec/subject.ts";
import { codecTarget } from "./fuzz-target.ts";

/** As QEMU 7.2 sends it. */
export const GREETING =
  '{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": "Debian 1:7.2"}, "capabilities": ["oob"]}}\r\n';

/** A machine's QMP socket under the three laws. */
export const qmpSubject: Subject<QmpCodec, QmpEvent> = {
  make: () => new QmpCodec(),
  feed: (codec, bytes) => {
    const events = codec.receive(bytes);
    codec.takeOutput();
    return events;
  },
  join: (events) => events,
  held: (codec) => codec.held,
  bound: MAX_QMP_LINE_BYTES,
  words: [
    GREETING,
    '{"return": {}, "id": 0}\r\n',
    '{"return": {"status": "running"}, "id": 1}\n',
    '{"error": {"class": "GenericError", "desc": "ů"}, "id": 2}\n',
    '{"event": "SHUTDOWN", "data": {"guest": true}, "timestamp": {"seconds": 1}}\n',
    "\n",
    "[]\n",
    "null\n",
    "{",
  ].map(utf8),
};

export default codecTarget(qmpSubject);
