import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SmtpCodec } from "../../src/codec/smtp.ts";
import { utf8 } from "../../src/lib/bytes.ts";
import { testLaws } from "./laws.ts";
import { smtpSubject } from "./smtp-subject.ts";

testLaws("SmtpCodec", smtpSubject);

const said = (text: string) => new SmtpCodec().receive(utf8(text));
const sent = (codec: SmtpCodec) => new TextDecoder().decode(codec.takeOutput());

describe("SmtpCodec", () => {
  it("reads replies of one line, of several, and of a code alone", () => {
    expect(said("220 mx ready\r\n250-mx\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n250\r\n")).toEqual([
      { is: "reply", code: 220, lines: ["mx ready"] },
      { is: "reply", code: 250, lines: ["mx", "STARTTLS", "AUTH PLAIN"] },
      { is: "reply", code: 250, lines: [""] },
    ]);
  });

  it.each(["SSH-2.0-OpenSSH_9.2\r\n", "99 x\r\n", "250x\r\n", "250-a\r\n251 b\r\n"])(
    "takes %j for no reply",
    (text) => {
      expect(said(text).map((event) => event.is)).toEqual(["violation"]);
    },
  );

  it("a command is one line, whatever stands in it", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const codec = new SmtpCodec();
        codec.say(`RCPT TO:<${text}>`);
        expect(sent(codec).match(/[\r\n]/g)).toEqual(["\r", "\n"]);
      }),
    );
  });

  it("no line of a message ends it, and it comes back as it was", () => {
    const line = fc.oneof(fc.constantFrom(".", "..", ".x", ""), fc.string());
    fc.assert(
      fc.property(
        fc.array(
          line.map((text) => text.replace(/[\r\n]/g, "")),
          { minLength: 1 },
        ),
        (some) => {
          const lines = [...some, "end"];
          const codec = new SmtpCodec();
          codec.sayData(lines.join("\n"));
          const wire = sent(codec);
          expect(wire.indexOf("\r\n.\r\n")).toBe(wire.length - 5);
          const read = wire.slice(0, -5).split("\r\n");
          expect(read.map((one) => (one.startsWith(".") ? one.slice(1) : one))).toEqual(lines);
        },
      ),
    );
  });
});
