import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { linkKey } from "../../../src/core/incident/link-key.ts";
import {
  ASK_KINDS,
  KEY_BYTES,
  type LinkClaim,
  openLink,
  sealLink,
} from "../../../src/core/incident/link-token.ts";

const dir = fs.mkdtempSync(join(tmpdir(), "oob-link-key-"));
afterAll(() => fs.rmSync(dir, { recursive: true, force: true }));

const time = fc.integer({ min: 0, max: 2 ** 48 - 1 });
const claims: fc.Arbitrary<LinkClaim> = fc.record(
  {
    incident: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    may: fc.constantFrom("view" as const, "answer" as const),
    until: time,
    asked: fc.record({ at: time, kind: fc.constantFrom(...ASK_KINDS) }),
    to: fc.string({ maxLength: 60 }),
  },
  { requiredKeys: ["incident", "may", "until", "to"] },
);
const keys = fc.uint8Array({ minLength: KEY_BYTES, maxLength: KEY_BYTES });

describe("openLink()", () => {
  it("reads what sealLink() was given, with the same key and no other", () => {
    fc.assert(
      fc.property(claims, keys, keys, (claim, key, other) => {
        const token = sealLink(claim, key);
        expect(token).toMatch(/^[\w-]+$/);
        expect(openLink(token, key)).toEqual(claim);
        if (Buffer.compare(key, other) !== 0) expect(openLink(token, other)).toBeUndefined();
      }),
    );
  });

  it("takes no token with a bit of it changed, cut, lengthened or written otherwise", () => {
    fc.assert(
      fc.property(
        claims,
        keys,
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (claim, key, n, flip) => {
          const token = sealLink(claim, key);
          const bytes = Buffer.from(token, "base64url");
          const at = n % bytes.length;
          bytes[at] = (bytes[at] ?? 0) ^ flip;
          for (const wrong of [
            bytes.toString("base64url"),
            token.slice(0, at),
            `${token}A`,
            `${token}=`,
            ` ${token}`,
            `${token}\n`,
          ])
            expect(openLink(wrong, key)).toBeUndefined();
          // The last letter carries bits that no byte holds: only one form of them is a token.
          const others = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".split(
            "",
          );
          const forms = others.map((letter) => token.slice(0, -1) + letter);
          expect(forms.filter((form) => openLink(form, key))).toEqual([token]);
        },
      ),
      { numRuns: 30 },
    );
  });

  it("refuses anything at all, without an error", () => {
    const key = new Uint8Array(KEY_BYTES);
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String({ maxLength: 400 })), (text) => {
        expect(openLink(text, key)).toBeUndefined();
      }),
    );
  });
});

describe("linkKey()", () => {
  it("is made once, for its owner alone, and is the same afterwards", () => {
    const key = linkKey(dir);
    const path = join(dir, "web", "link.key");
    expect(key).toHaveLength(KEY_BYTES);
    expect(fs.statSync(path).mode & 0o777).toBe(0o600);
    expect(fs.statSync(join(dir, "web")).mode & 0o777).toBe(0o700);
    expect(Buffer.compare(linkKey(dir), key)).toBe(0);
  });

  it("is made anew where others could read it, where it is torn, and where it is a link", () => {
    const path = join(dir, "web", "link.key");
    const key = linkKey(dir);
    fs.chmodSync(path, 0o640);
    const second = linkKey(dir);
    expect(Buffer.compare(second, key)).not.toBe(0);
    expect(fs.statSync(path).mode & 0o777).toBe(0o600);
    fs.truncateSync(path, 7);
    const third = linkKey(dir);
    expect(third).toHaveLength(KEY_BYTES);
    fs.writeFileSync(join(dir, "elsewhere"), third, { mode: 0o600 });
    fs.rmSync(path);
    fs.symlinkSync(join(dir, "elsewhere"), path);
    expect(Buffer.compare(linkKey(dir), third)).not.toBe(0);
    expect(fs.lstatSync(path).isSymbolicLink()).toBe(false);
  });
});
