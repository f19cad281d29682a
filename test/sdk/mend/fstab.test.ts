import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import {
  badEntries,
  type EntryState,
  lookAtEntries,
  mendedLine,
  mendFstab,
  readEntryStates,
  readFstab,
} from "../../../src/sdk/mend/fstab.ts";

// Shells of this machine do the work, and others use it, too.
vi.setConfig({ testTimeout: 60_000 });

const FSTAB = `# /etc/fstab: static file system information.
UUID=6f6f6274-6573-7462-6564-000000000001 / ext4 errors=remount-ro 0 1

/dev/disk/by-uuid/00000000-dead /data ext4 defaults,x-systemd.device-timeout=15s 0 2
LABEL="back up" /srv/my\\040files ext4
/dev/vdz1\t/opt\txfs\tnofail\t0 2
/dev/vdz2 none swap sw 0 0
/dev/vdz3 /mnt ext4 noauto 0 0
nonsense
`;

/** What an fstab is made of, in any order. */
const piece = fc.oneof(
  fc.constantFrom(
    "/dev/a",
    "UUID=x",
    "/b",
    " ",
    "\t",
    "\n",
    "#",
    "ext4",
    "\\040",
    "nofail",
    ",",
    "0",
  ),
  fc.string(),
);

const state = (line: number, more: Partial<EntryState> = {}): EntryState => ({
  line,
  device: "missing",
  mounted: false,
  unit: "inactive",
  check: "unknown",
  ...more,
});

describe("fstab", () => {
  it("readFstab() knows quotes, escapes and missing fields; comments are no entries", () => {
    const entries = readFstab(FSTAB);
    expect(entries.map(({ line }) => line)).toEqual([2, 4, 5, 6, 7, 8]);
    expect(entries[2]).toMatchObject({ spec: 'LABEL="back', file: 'up"' });
    expect(readFstab('UUID="a-b" /srv/my\\040files ext4')[0]).toMatchObject({
      spec: "UUID=a-b",
      file: "/srv/my files",
      options: ["defaults"],
      pass: 0,
    });
  });

  it("badEntries() names what a boot waits for, not nofail, noauto or swap", () => {
    const entries = readFstab(FSTAB);
    const { bad } = badEntries(
      entries,
      entries.map(({ line }) => state(line)),
    );
    expect(bad.map(({ entry, why }) => [entry.line, why])).toEqual([
      [4, "its device is not there"],
      [5, "its device is not there"],
    ]);
  });

  it("badEntries() leaves alone what is mounted, what only wants fsck, and what is needed", () => {
    const entries = readFstab("/dev/a /a ext4\n/dev/b /b ext4\n/dev/c /c ext4\n/dev/d /usr ext4\n");
    const { bad, needed } = badEntries(entries, [
      state(1, { device: "present", mounted: true, unit: "active" }),
      state(2, { device: "present", unit: "failed", check: "failed" }),
      state(3, { device: "present", unit: "failed", check: "inactive" }),
      state(4),
    ]);
    expect(bad.map(({ entry }) => entry.file)).toEqual(["/c"]);
    expect(needed.map(({ entry }) => entry.file)).toEqual(["/usr"]);
  });

  it("badEntries() leaves alone what is mounted when it is first used: no boot waits for it", () => {
    const entries = readFstab("/dev/a /a ext4 x-systemd.automount,rw 0 2\n");
    expect(badEntries(entries, [state(1)])).toEqual({ bad: [], needed: [] });
  });

  it("mendFstab() keeps bytes that are no UTF-8, and names that are", () => {
    const file = Buffer.concat([
      Buffer.from("# gr\xf6\xdfer\n", "latin1"),
      Buffer.from("/dev/a /srv/\u00e0 ext4 rw 0 2\n"),
    ]);
    const { bad } = badEntries(readFstab(file.toString("utf8")), [state(2)]);
    const mended = mendFstab(file.toString("latin1"), bad, "nofail");
    expect(Buffer.from(mended, "latin1")).toEqual(
      Buffer.concat([file.subarray(0, 9), Buffer.from("/dev/a /srv/\u00e0 ext4 rw,nofail 0 2\n")]),
    );
  });

  it("mendFstab() changes the bad lines alone", () => {
    const entries = readFstab(FSTAB);
    const { bad } = badEntries(entries, [state(4)]);
    const mended = mendFstab(FSTAB, bad, "comment").split("\n");
    const before = FSTAB.split("\n");
    expect(mended[3]).toBe(`#oob# ${before[3]}`);
    expect(mended.filter((text, at) => text !== before[at])).toHaveLength(1);
    expect(readFstab(mended.join("\n")).map(({ line }) => line)).not.toContain(4);
  });

  it("mendedLine() adds nofail to the options, whatever stands around them", () => {
    const nofail = (text: string) => {
      const [entry] = readFstab(text);
      return entry && mendedLine(entry, "nofail");
    };
    expect(nofail("/dev/a  /a\text4   ro,noatime 0 2")).toBe(
      "/dev/a  /a\text4   ro,noatime,nofail 0 2",
    );
    expect(nofail("/dev/a /a ext4")).toBe("/dev/a /a ext4 defaults,nofail");
  });

  it("lookAtEntries() is a script that every sh takes, whatever stands in the file", () => {
    const hostile = readFstab("/dev/$(touch$IFS.x) /a'b;reboot ext4\nUUID=`id` /\\047 ext4\n");
    expect(hostile).toHaveLength(2);
    // This machine's own programs are not asked: they may take their time.
    const script = `PATH=/nonexistent\nsystemctl() { echo inactive; }\nfindfs() { return 1; }\n${lookAtEntries(hostile)}`;
    for (const shell of [["dash"], ["bash", "--posix"], ["busybox", "sh"]]) {
      const [program = "", ...more] = shell;
      const { stdout, status } = spawnSync(program, [...more, "-c", script], { encoding: "utf8" });
      expect(status, shell.join(" ")).toBe(0);
      expect(readEntryStates(stdout).map(({ line, device }) => [line, device])).toEqual([
        [1, "missing"],
        [2, "missing"],
      ]);
    }
  });

  it("never throws, and a file mended twice is mended once", () => {
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const text = pieces.join("");
        const entries = readFstab(text);
        const { bad } = badEntries(
          entries,
          entries.map(({ line }) => state(line)),
        );
        for (const how of ["comment", "nofail"] as const) {
          const once = mendFstab(text, bad, how);
          const left = readFstab(once);
          expect(
            badEntries(
              left,
              left.map(({ line }) => state(line)),
            ).bad,
          ).toEqual([]);
        }
        readEntryStates(text);
      }),
    );
  });
});
