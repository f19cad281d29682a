import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { compareVersions, type Packager } from "../../src/codec/package-versions.ts";

/** Versions in their order; those in one list are the same. */
const ORDERED: readonly (readonly [Packager, readonly (string | readonly string[])[]])[] = [
  // deb-version(7), and what dpkg's own test suite has.
  [
    "dpkg",
    [
      "~~",
      "~~a",
      "~",
      ["", "0", "0-0", "0:0"],
      "1.0~beta1~svn1245",
      "1.0~beta1",
      ["1.0", "1.0-0", "01.0", "0:1.0"],
      "1.0-1",
      "1.0-1+deb12u1",
      "1.0-2",
      "1.0a",
      "1.0+b1",
      "1.0.1",
      "1.2.9",
      "1.2.10",
      "99999999999999999999999999",
      "100000000000000000000000000",
      "1:0.1",
      "2:0~",
    ],
  ],
  // rpm's tests/rpmvercmp.at.
  [
    "rpm",
    [
      "1.0~rc1",
      "1.0~rc2",
      ["1.0", "1_0", "1.0.", "0:1.0"],
      "1.0^git1~pre",
      "1.0^git1",
      "1.0a",
      "1.0.1",
      "2.0-1.el9",
      "2.0-1.el9_2",
      "2.0-10.el9",
      "10.0001",
      "10.0039",
      "20101121",
      "20101122",
      "1:0.5",
    ],
  ],
  // FreeBSD's pkg: libpkg/pkg_version.c says these in its comments.
  [
    "pkg",
    [
      "2.*",
      "2pl1",
      "2alpha3",
      "2.9f7",
      "3.*",
      "10alpha",
      ["10", "10.0", "10.0.0"],
      "10_1",
      "10.1",
      "10.1b2",
      "10.2",
      "10a",
      "10b",
      "1.0,1",
      "0.5,2",
    ],
  ],
  // apk-tools' test/unit/version.data.
  [
    "apk",
    [
      "0.12.0_alpha1",
      "0.12.0_pre2",
      "0.12.0_rc1",
      "0.12.0_rc2",
      "0.12.0",
      "0.12.0-r0",
      "0.12.0-r1",
      "0.12.0-r10",
      "0.12.0a",
      "0.12.0a_p1",
      "0.12.0b",
      "0.12.1",
      "1.01",
      "1.1",
      "1.1.1",
      "2.0_git20240101",
      "2.0_p1",
      "10",
    ],
  ],
];

describe.each(ORDERED)("compareVersions(%s)", (packager, order) => {
  it("knows the order", () => {
    const ranked = order.flatMap((same, rank) =>
      (typeof same === "string" ? [same] : same).map((version) => ({ version, rank })),
    );
    for (const a of ranked)
      for (const b of ranked)
        expect(
          compareVersions(packager, a.version, b.version),
          `"${a.version}" and "${b.version}"`,
        ).toBe(Math.sign(a.rank - b.rank) || 0);
  });

  const letters = fc.constantFrom(
    ..."0123456789.-+~^:_,*ab zprcé".split(""),
    "alpha",
    "rc",
    "pl",
    "-r1",
  );
  // To rpm a missing release equals every release: that is no order, and meant so.
  const version = fc
    .array(letters, { maxLength: 12 })
    .map((parts) => (packager === "rpm" ? parts.join("").replaceAll("-", ".") : parts.join("")));

  it("is an order over whatever text", () => {
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        const [ab, ba] = [compareVersions(packager, a, b), compareVersions(packager, b, a)];
        expect(ab).toBe(-ba || 0);
        expect(compareVersions(packager, a, a)).toBe(0);
        const [bc, ac] = [compareVersions(packager, b, c), compareVersions(packager, a, c)];
        if (ab <= 0 && bc <= 0 && ab + bc < 0) expect(ac, JSON.stringify([a, b, c])).toBe(-1);
        if (ab === 0 && bc === 0) expect(ac).toBe(0);
      }),
      { numRuns: 3000 },
    );
  });
});

test("a version of a megabyte is compared at once", () => {
  const long = "1.".repeat(500_000);
  for (const packager of ["dpkg", "rpm", "pkg", "apk"] as const)
    expect(compareVersions(packager, long, `${long}1`)).toBe(0);
});

const dpkg = spawnSync("dpkg", ["--version"]).status === 0;

describe.runIf(dpkg)("beside dpkg itself", () => {
  it("compareVersions(dpkg) says what dpkg --compare-versions says", () => {
    const piece = fc.constantFrom(
      "0",
      "1",
      "9",
      "10",
      "01",
      ".",
      "+",
      "~",
      "-",
      "a",
      "b",
      "Z",
      "rc",
      "deb12u1",
    );
    const version = fc
      .tuple(fc.constantFrom("", "", "1:", "0:"), fc.nat(9), fc.array(piece, { maxLength: 6 }))
      .map(([epoch, digit, pieces]) => `${epoch}${digit}${pieces.join("")}`)
      .filter((text) => !text.endsWith("-"));
    fc.assert(
      fc.property(version, version, (a, b) => {
        const says = (relation: string) =>
          spawnSync("dpkg", ["--compare-versions", a, relation, b]).status === 0;
        const wanted = says("lt") ? -1 : says("eq") ? 0 : 1;
        expect(compareVersions("dpkg", a, b), `"${a}" and "${b}"`).toBe(wanted);
      }),
      { numRuns: 150 },
    );
  });
});
