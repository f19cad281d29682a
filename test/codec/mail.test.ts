import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAIL_ADDRESS, type Mail, mailText } from "../../src/codec/mail.ts";

const MAIL: Mail = {
  from: "oob@example.org",
  to: ["jana@example.org", "ops@example.org"],
  subject: "[demo] CRITICAL web1: kernel panic",
  at: Date.UTC(2026, 10, 22, 7, 51, 2),
  id: "oob.demo/incident/12@example.org",
  lines: ["Seen:", "  Kernel panic = not syncing"],
};

const headOf = (text: string) => text.slice(0, text.indexOf("\r\n\r\n"));

/** What a reader makes of a body. */
const bodyOf = (text: string): string => {
  const body = text.slice(text.indexOf("\r\n\r\n") + 4).replace(/=\r\n/g, "");
  const bytes = body.replace(/=([0-9A-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return new TextDecoder().decode(Uint8Array.from(bytes, (one) => one.charCodeAt(0)));
};

/** What a reader makes of a header's words. */
const decoded = (value: string): string => {
  const words = [...value.matchAll(/=\?utf-8\?B\?([^?]*)\?=/g)].map(([, word = ""]) => atob(word));
  if (words.length === 0) return value;
  return new TextDecoder().decode(Uint8Array.from(words.join(""), (one) => one.charCodeAt(0)));
};

describe("mailText()", () => {
  it("has the head that threads mails, and a body that reads as it was", () => {
    const text = mailText({ ...MAIL, inReplyTo: "root@example.org" });
    expect(headOf(text)).toContain("\r\nDate: Sun, 22 Nov 2026 07:51:02 +0000\r\n".slice(2));
    expect(headOf(text)).toContain("Message-ID: <oob.demo-incident-12@example.org>");
    expect(headOf(text)).toContain("In-Reply-To: <root@example.org>");
    expect(headOf(text)).toContain("References: <root@example.org>");
    expect(headOf(text)).toContain("To: jana@example.org,\r\n ops@example.org");
    expect(bodyOf(text)).toBe("Seen:\r\n  Kernel panic = not syncing\r\n");
  });

  it("nothing in a subject or a line becomes a header, is lost, or makes a line too long", () => {
    const hostile = fc.oneof(
      fc.string(),
      fc.string({ unit: "binary" }),
      fc.constantFrom("a\r\nBcc: x@y.z", "=?utf-8?B?eA==?=", "Ünï", "x".repeat(500), "\n\n.\r"),
    );
    fc.assert(
      fc.property(hostile, hostile, (subject, line) => {
        const text = mailText({
          ...MAIL,
          subject,
          lines: [line],
          headers: { "X-Oob-Key": subject },
        });
        const names = headOf(text)
          .split("\r\n")
          .filter((one) => !one.startsWith(" "))
          .map((one) => one.slice(0, one.indexOf(":")));
        expect(names).toEqual([
          ...["Date", "From", "To", "Subject", "Message-ID", "MIME-Version", "Content-Type"],
          ...["Content-Transfer-Encoding", "Auto-Submitted", "X-Oob-Key"],
        ]);
        for (const one of text.split("\r\n")) {
          expect(one.length).toBeLessThanOrEqual(90);
          expect(one).toMatch(/^[ -~]*$/);
        }
        const value = /^Subject: (.*(?:\r\n .*)*)/m.exec(text)?.[1] ?? "";
        const wellFormed = (one: string) => new TextDecoder().decode(new TextEncoder().encode(one));
        expect(decoded(value)).toBe(wellFormed(subject.replace(/[\r\n\0]+/g, " ")));
        expect(bodyOf(text)).toBe(`${wellFormed(line.replace(/[\r\n]+/g, " "))}\r\n`);
      }),
      { numRuns: 300 },
    );
  });

  it.each(["jana@example.org", "a.b+c@x-y.org"])("%s is an address", (address) => {
    expect(address).toMatch(MAIL_ADDRESS);
  });

  it.each([
    "-oQ/tmp@x.org",
    "a b@x.org",
    "a@x.org\nBcc: b@x.org",
    "<a@x.org>",
    "a@-x",
    "@x",
    "a@x,b@y",
  ])("%j is none that is taken", (address) => {
    expect(address).not.toMatch(MAIL_ADDRESS);
  });
});
