import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isDegraded, readMdstat } from "../../../src/sdk/mend/md-arrays.ts";

const MDSTAT = `Personalities : [raid1] [raid6] [raid5] [raid4]
md0 : active raid1 sdb1[1](F) sda1[0]
      1046528 blocks super 1.2 [2/1] [U_]

md1 : active raid5 sdd1[3] sdc1[1] sdb2[0] sde1[4](S)
      2093056 blocks super 1.2 level 5, 512k chunk, algorithm 2 [3/2] [UU_]
      [====>................]  recovery = 22.9% (241408/1046528) finish=0.3min speed=40234K/sec
      bitmap: 0/1 pages [0KB], 65536KB chunk

md2 : active (auto-read-only) raid1 sdb3[1] sda3[0]
      1046528 blocks super 1.2 [2/2] [UU]

md127 : inactive sdf1[0](S)
      1046528 blocks super 1.2

unused devices: <none>
`;

describe("readMdstat()", () => {
  it("reads arrays, members, counts and the work under way", () => {
    const [md0, md1, md2, md127, ...more] = readMdstat(MDSTAT);
    expect(more).toEqual([]);
    expect(md0).toMatchObject({
      name: "md0",
      level: "raid1",
      wanted: 2,
      working: 1,
      members: [
        { name: "sdb1", is: "failed" },
        { name: "sda1", is: "in" },
      ],
    });
    expect(md1?.work).toMatch(/^recovery = 22\.9%/);
    expect(md1?.members.at(-1)).toEqual({ name: "sde1", is: "spare" });
    expect(md2).toMatchObject({ level: "raid1", active: true, working: 2 });
    expect(md127).toMatchObject({ active: false, wanted: undefined });
  });

  it("isDegraded() names those with members missing, and those that do not run", () => {
    expect(
      readMdstat(MDSTAT)
        .filter(isDegraded)
        .map(({ name }) => name),
    ).toEqual(["md0", "md1", "md127"]);
  });

  it("never throws, whatever the host prints", () => {
    fc.assert(
      fc.property(fc.string(), (text) => Array.isArray(readMdstat(`md0 : active ${text}`))),
    );
  });
});
