import fc from "fast-check";
import { expect, test } from "vitest";
import { Digest, parseChallenges } from "../../../src/sdk/http/digest-auth.ts";

// RFC 7616 section 3.9.1, both challenges in one line.
const RFC =
  'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=MD5, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"';
const MUFASA = { user: "Mufasa", password: "Circle of Life" };
const CNONCE = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
const answerTo = (header: string) =>
  Digest.best(parseChallenges(header))?.answer(MUFASA, "GET", "/dir/index.html", CNONCE);

test("the answers are those of RFC 7616, the better hash first", () => {
  expect(answerTo(RFC)).toContain('response="8ca523f5e9506fed4657c9700eebdbec"');
  const both = `${RFC}, ${RFC.replace("MD5", "SHA-256")}`;
  const best = answerTo(both);
  expect(best).toContain(
    'response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"',
  );
  expect(best).toContain("qop=auth, nc=00000001");
  expect(best).toContain('opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"');
});

test("without qop the answer is that of RFC 2617", () => {
  // RFC 2069 section 2.4 as corrected by its errata 749.
  const header =
    'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"';
  const answer = Digest.best(parseChallenges(header))?.answer(
    { user: "Mufasa", password: "CircleOfLife" },
    "GET",
    "/dir/index.html",
  );
  expect(answer).toContain('response="1949323746fe6a43ef61f9606e7febea"');
  expect(answer).not.toContain("qop");
});

test("each answer to a nonce has the next number", () => {
  const digest = Digest.best(parseChallenges(RFC));
  digest?.answer(MUFASA, "GET", "/");
  expect(digest?.answer(MUFASA, "GET", "/")).toContain("nc=00000002");
});

test.each([
  ["Basic", [["basic", {}]]],
  [
    "basic realm=x, NEGOTIATE",
    [
      ["basic", { realm: "x" }],
      ["negotiate", {}],
    ],
  ],
  [
    'Digest realm="a, Basic b=\\"c", nonce=1 Basic realm="d"',
    [
      ["digest", { realm: 'a, Basic b="c', nonce: "1" }],
      ["basic", { realm: "d" }],
    ],
  ],
  ['Digest realm="never ends', [["digest", {}]]],
  ["=,=", []],
] as const)("parseChallenges(%j)", (header, wanted) => {
  const found = parseChallenges(header);
  expect(found.map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)])).toEqual(
    wanted,
  );
});

test("no header ends in an exception, and none in an answer with line breaks", () => {
  const part = fc.constantFrom(
    ...'Digest|Basic|realm=|nonce=|qop=auth|algorithm=|MD5|SHA-256-sess|"|\\|,| |=|opaque|stale=TRUE|\xff'.split(
      "|",
    ),
  );
  const header = fc.oneof(
    fc.string(),
    fc.array(part).map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(header, (text) => {
      expect(Digest.best(parseChallenges(text))?.answer(MUFASA, "GET", "/") ?? "").toMatch(
        /^(?:Digest username="Mufasa", .*)?$/s,
      );
    }),
    { numRuns: 2000 },
  );
});
