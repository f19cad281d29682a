import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_SYSLOG_BYTES, syslogBytes, syslogFrame } from "../../src/codec/syslog.ts";

const MESSAGE = {
  facility: "daemon",
  severity: 2,
  at: Date.UTC(2026, 10, 22, 7, 51, 2, 5),
  hostname: "box",
  app: "oob",
  id: "open",
  element: "oob@32473",
  values: { host: "web1" },
  text: "web1: kernel panic",
};
const text = (bytes: Uint8Array) => new TextDecoder("utf-8", { fatal: true }).decode(bytes);

describe("syslogBytes()", () => {
  it("is what RFC 5424 says", () => {
    expect(text(syslogBytes(MESSAGE))).toBe(
      '<26>1 2026-11-22T07:51:02.005Z box oob - open [oob@32473 host="web1"] web1: kernel panic',
    );
  });

  it("whatever stands in its parts, it is one line with one element, and not too long", () => {
    const any = fc.oneof(
      fc.string({ unit: "binary", maxLength: 600 }),
      fc.constantFrom('"]x', "\\", "ü".repeat(2000)),
    );
    fc.assert(
      fc.property(any, any, any, (hostname, value, words) => {
        const bytes = syslogBytes({ ...MESSAGE, hostname, values: { key: value }, text: words });
        expect(bytes.length).toBeLessThanOrEqual(MAX_SYSLOG_BYTES);
        const line = text(bytes);
        expect(line).toMatch(
          /^<26>1 \S+ [!-~]{1,255} oob - open \[oob@32473 key="(?:[^"\\\]]|\\["\\\]])*"\] [^\r\n\0]*$/,
        );
      }),
    );
  });

  it("a frame begins with the number of its octets", () => {
    expect(text(syslogFrame({ ...MESSAGE, text: "ü" }))).toMatch(/^(\d+) <26>1 .*ü$/);
    const [, count] = /^(\d+) /.exec(text(syslogFrame(MESSAGE))) ?? [];
    expect(Number(count)).toBe(syslogBytes(MESSAGE).length);
  });
});
