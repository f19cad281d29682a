import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import {
  type Advisory,
  findingOf,
  isEcosystemOf,
  readDebianTracker,
  readOsv,
  readVuln,
} from "../../src/codec/advisories.ts";
import { cvssScore, severityOf } from "../../src/codec/cvss.ts";
import { type JsonMember, JsonMembers } from "../../src/codec/json-members.ts";
import { newerKernel } from "../../src/codec/kernel-choice.ts";
import type { PackageList, PackageSystem } from "../../src/codec/package-list.ts";
import { utf8 } from "../../src/lib/bytes.ts";
import { jsonMembersSubject } from "../fuzz/json-members.ts";
import { testLaws } from "./laws.ts";

const bookworm: PackageSystem = {
  jail: "",
  packager: "dpkg",
  id: "debian",
  version: "12",
  codename: "bookworm",
};
const curl = (version: string) => ({
  ...{ jail: "", name: "libcurl4", version, source: "curl", sourceVersion: version },
});
const DSA = {
  id: "DSA-5587-1",
  summary: "curl - security update",
  aliases: ["CVE-2023-46218"],
  affected: [
    {
      package: { ecosystem: "Debian:12", name: "curl" },
      ranges: [
        { type: "ECOSYSTEM", events: [{ introduced: "0" }, { fixed: "7.88.1-10+deb12u5" }] },
        { type: "GIT", events: [{ introduced: "0" }] },
      ],
    },
  ],
  severity: [{ type: "CVSS_V3", score: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" }],
};
const fixedBy = (advisories: readonly Advisory[] | undefined, version: string) =>
  advisories?.map((advisory) => findingOf(advisory, bookworm, curl(version))?.fixed);

describe("readOsv()", () => {
  it("finds what is older than the fixed version, by source package", () => {
    const advisories = readOsv(DSA);
    expect(advisories).toMatchObject([{ id: "DSA-5587-1 (CVE-2023-46218)", severity: "critical" }]);
    expect(fixedBy(advisories, "7.88.1-10+deb12u4")).toEqual(["7.88.1-10+deb12u5"]);
    expect(fixedBy(advisories, "7.88.1-10+deb12u5")).toEqual([undefined]);
    expect(findingOf(advisories![0]!, { ...bookworm, version: "11" }, curl("1"))).toBeUndefined();
  });

  it("knows versions one by one, ranges without an end, and those that were withdrawn", () => {
    const listed = { ...DSA, affected: [{ package: DSA.affected[0]!.package, versions: ["1-1"] }] };
    expect(findingOf(readOsv(listed)![0]!, bookworm, curl("1-1"))).toMatchObject({
      fixed: undefined,
    });
    expect(findingOf(readOsv(listed)![0]!, bookworm, curl("1-2"))).toBeUndefined();
    const open = [{ type: "ECOSYSTEM", events: [{ introduced: "2" }] }];
    const endless = readOsv({
      ...DSA,
      affected: [{ package: DSA.affected[0]!.package, ranges: open }],
    })![0]!;
    expect(findingOf(endless, bookworm, curl("1"))).toBeUndefined();
    expect(findingOf(endless, bookworm, curl("2"))).toBeDefined();
    expect(readOsv({ ...DSA, withdrawn: "2024-01-01T00:00:00Z" })).toEqual([]);
    expect(readOsv({ id: 1 })).toBeUndefined();
  });
});

describe("readDebianTracker()", () => {
  const member = {
    "CVE-2023-1": {
      description: "x",
      releases: {
        bookworm: { status: "resolved", fixed_version: "7.88.1-10", urgency: "high" },
        sid: { status: "resolved", fixed_version: "8.0-1", urgency: "high" },
      },
    },
    "CVE-2023-2": { releases: { bookworm: { status: "open", urgency: "unimportant" } } },
    "CVE-2023-3": { releases: { bookworm: { status: "resolved", fixed_version: "0" } } },
    "CVE-2023-4": {
      releases: { bookworm: { status: "undetermined", urgency: "not yet assigned" } },
    },
  };
  it("knows what is mended, what is open, and what never was", () => {
    const found = readDebianTracker("curl", member)
      .map((advisory) => ({ advisory, finding: findingOf(advisory, bookworm, curl("7.88.1-9")) }))
      .filter(({ finding }) => finding)
      .map(({ advisory, finding }) => [advisory.id, advisory.severity, finding?.fixed]);
    expect(found).toEqual([
      ["CVE-2023-1", "high", "7.88.1-10"],
      ["CVE-2023-2", "low", undefined],
      ["CVE-2023-4", "unknown", undefined],
    ]);
  });
});

describe("readVuln()", () => {
  const freebsd = {
    jail: "",
    packager: "pkg",
    id: "freebsd",
    version: "14.0",
    codename: "",
  } as const;
  const vuln = `<vuln vid="0f445859-0a0e-11ee-a222-b42e991fc52e"><topic>acme &lt;-- x</topic><affects>
<package><name>acme.sh</name><name>acme-full</name><range><lt>3.0.6,1</lt></range><range><ge>4.0</ge><le>4.2</le></range></package>
</affects><references><cvename>CVE-2023-38198</cvename></references></vuln>`;
  it("knows each name and each range", () => {
    const advisories = readVuln(vuln);
    expect(advisories.map(({ id, name }) => [id, name])).toEqual([
      ["CVE-2023-38198", "acme.sh"],
      ["CVE-2023-38198", "acme-full"],
    ]);
    const finding = (version: string) =>
      findingOf(advisories[0]!, freebsd, { ...curl(version), name: "acme.sh" });
    expect(finding("3.0.5_2,1")?.fixed).toBe("3.0.6,1");
    expect(finding("3.0.6,1")).toBeUndefined();
    expect(advisories[0]?.summary).toBe("acme <-- x");
  });
  it("takes <eq> for one version, and cancelled entries for none", () => {
    const one = readVuln(vuln.replace(/<range>.*<\/range>/s, "<range><eq>1.0</eq></range>"))[0]!;
    expect(findingOf(one, freebsd, { ...curl("1.0"), name: "acme.sh" })).toBeDefined();
    expect(findingOf(one, freebsd, { ...curl("1.1"), name: "acme.sh" })).toBeUndefined();
    expect(readVuln(vuln.replace("<topic>", "<cancelled/><topic>"))).toEqual([]);
  });
});

test.each([
  ["Debian:12", "debian", "12", true],
  ["Debian", "debian", "12", true],
  ["Debian:11", "debian", "12", false],
  ["Ubuntu:22.04:LTS", "ubuntu", "22.04", true],
  ["Ubuntu:Pro:22.04:LTS", "ubuntu", "22.04", true],
  ["Alpine:v3.18", "alpine", "3.18.4", true],
  ["Alpine:v3.1", "alpine", "3.18.4", false],
  ["AlmaLinux:9", "almalinux", "9.3", true],
  ["PyPI", "debian", "12", false],
  ["codename:bookworm", "debian", "12", true],
  ["codename:bookworm", "raspbian", "12", false],
])("isEcosystemOf(%j) for %s %s: %s", (ecosystem, id, version, wanted) => {
  expect(isEcosystemOf(ecosystem, { ...bookworm, id, version })).toBe(wanted);
});

// Scores of the examples of the CVSS v3.1 specification, section 8, and of NVD.
test.each([
  ["CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8],
  ["CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1],
  ["CVSS:3.0/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H", 7.8],
  ["CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N", 3.1],
  ["CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 10],
  ["CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0],
  ["CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", undefined],
  ["CVSS:3.1/AV:N", undefined],
  ["", undefined],
])("cvssScore(%s) is %s", (vector, score) => {
  expect(cvssScore(vector)).toBe(score);
});

test("severityOf() draws the lines of the specification", () => {
  expect([0, 0.1, 3.9, 4, 6.9, 7, 8.9, 9, 10].map(severityOf)).toEqual(
    "unknown low low medium medium high high critical critical".split(" "),
  );
});

testLaws("JsonMembers", jsonMembersSubject);

describe("JsonMembers", () => {
  const members = (
    text: string,
    wanted: (name: string) => boolean = () => true,
  ): readonly JsonMember[] => new JsonMembers(wanted).receive(utf8(text));

  it("gives what JSON.parse gives, whatever is in it", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
        const found = members(JSON.stringify(object, undefined, 1));
        expect(found.at(-1)).toEqual({ is: "end" });
        const back = Object.fromEntries(
          found.flatMap((one) => (one.is === "member" ? [[one.name, one.value]] : [])),
        );
        expect(back).toEqual(JSON.parse(JSON.stringify(object)));
      }),
    );
  });

  it("keeps what is wanted alone, and says where the text breaks off", () => {
    expect(members('{"a": 1, "b": {"c": [1, "}"]}}', (name) => name === "b")).toEqual([
      { is: "member", name: "b", value: { c: [1, "}"] } },
      { is: "end" },
    ]);
    expect(members("[]")).toMatchObject([{ is: "broken" }]);
    expect(members('{"a": nonsense}')).toMatchObject([{ is: "violation" }, { is: "end" }]);
    const cut = new JsonMembers(() => true);
    cut.receive(utf8('{"a": 1, "b": {'));
    expect(cut.whole).toBe(false);
  });
});

test("whatever a feed says, no reader throws", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string(), (value, text) => {
      readOsv(value);
      readOsv({
        id: "x",
        affected: [{ package: { name: "x", ecosystem: "Debian" }, ranges: value }, value],
        severity: value,
      });
      readDebianTracker("x", value);
      readDebianTracker("x", { "CVE-1": value, "CVE-2": { releases: { bookworm: value } } });
      readVuln(`<vuln vid="x">${text}<affects><package><name>${text}`);
    }),
  );
});

describe("newerKernel()", () => {
  const host = (more: Partial<PackageList>): PackageList => ({
    ...{ systems: [bookworm], packages: [], drawers: {}, damaged: false },
    running: "6.1.0-25-cloud-amd64",
    build: "#1 SMP PREEMPT_DYNAMIC Debian 6.1.106-3 (2024-08-26)",
    kernels: ["6.1.0-9-cloud-amd64", "6.1.0-25-cloud-amd64", "6.6.0-1-rt-amd64"],
    ...more,
  });
  it("compares with kernels of its own kind, as versions", () => {
    expect(newerKernel(host({}))).toBeUndefined();
    const kernels = ["6.1.0-100-cloud-amd64", "6.1.0-25-cloud-amd64"];
    expect(newerKernel(host({ kernels }))).toBe("6.1.0-100-cloud-amd64");
  });
  it("sees a kernel that was mended under its old name", () => {
    const name = "linux-image-6.1.0-25-cloud-amd64";
    const packages = [{ ...curl("6.1.112-1"), name }];
    expect(newerKernel(host({ packages }))).toBe("6.1.0-25-cloud-amd64 (6.1.112-1)");
    expect(newerKernel(host({ packages: [{ ...curl("6.1.106-3"), name }] }))).toBeUndefined();
  });
});
