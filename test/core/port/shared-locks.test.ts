import { chmod, lstat, mkdir, mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { lockPort } from "../../../src/core/port/port-lock.ts";
import { sharedLocks } from "../../../src/core/port/shared-locks.ts";
import { systemClock } from "../../../src/lib/clock.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "oob-shared-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("sharedLocks()", () => {
  test("makes a folder in which everybody has files of their own, readable to all", async () => {
    const locks = join(folder, "oob");
    expect(await sharedLocks(locks)).toBe(locks);
    expect((await lstat(locks)).mode & 0o7777).toBe(0o1777);
    expect(await sharedLocks(locks)).toBe(locks);
    const request = { folder: locks, device: "power device x:161", who: "a", clock: systemClock };
    const lock = await lockPort({ ...request, shared: true });

    const [file = ""] = await readdir(locks);
    expect((await lstat(join(locks, file))).mode & 0o777).toBe(0o644);
    await expect(lockPort({ ...request, shared: true })).rejects.toMatchObject({
      code: "PORT_BUSY",
    });
    await lock.release();
  });

  test("a link, a folder that is not sticky, and no place for it are not used", async () => {
    await mkdir(join(folder, "real"));
    await chmod(join(folder, "real"), 0o1777);
    await symlink(join(folder, "real"), join(folder, "link"));
    expect(await sharedLocks(join(folder, "link"))).toBeUndefined();
    await mkdir(join(folder, "plain"), { mode: 0o755 });
    expect(await sharedLocks(join(folder, "plain"))).toBeUndefined();
    expect(await sharedLocks(join(folder, "none/here"))).toBeUndefined();
  });
});
