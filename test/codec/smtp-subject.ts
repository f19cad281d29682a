import {
  MAX_SMTP_LINE_BYTES,
  MAX_SMTP_LINES,
  SmtpCodec,
  type SmtpEvent,
} from "../../src/codec/smtp.ts";
import { utf8 } from "../../src/lib/bytes.ts";
import type { Subject } from "./subject.ts";

export const smtpSubject: Subject<SmtpCodec, SmtpEvent> = {
  make: () => new SmtpCodec(),
  feed: (codec, bytes) => codec.receive(bytes),
  join: (events) => events,
  held: (codec) => codec.held,
  bound: MAX_SMTP_LINE_BYTES + MAX_SMTP_LINES,
  words: [
    "220 mx.example.org ESMTP\r\n",
    "250-mx.example.org\r\n",
    "250-STARTTLS\r\n",
    "250 AUTH PLAIN LOGIN\r\n",
    "354 go on\r\n",
    "535 5.7.8 no\r\n",
    "250",
    "-",
    "\r\n",
    "\n",
  ].map(utf8),
};
