import { describe, expect, it } from "vitest";
import { demandFiles, openFileLimit } from "../../src/daemon/file-limit.ts";
import { OobError } from "../../src/lib/errors.ts";

describe("demandFiles()", () => {
  it("refuses more consoles than files can be open for, and says how many it takes", () => {
    let thrown: unknown;
    try {
      demandFiles(5000, 1024);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(OobError);
    expect(thrown).toMatchObject({
      code: "FILE_LIMIT",
      message:
        "Cannot serve 5000 consoles: they need 20128 open files, and this process may have 1024",
      hint: "Set LimitNOFILE=20128 in the systemd unit, or ulimit -n 20128 before it starts",
    });
  });

  it("lets pass what fits, and everything where there is no limit", () => {
    demandFiles(224, 1024);
    expect(() => demandFiles(225, 1024)).toThrow(OobError);
    demandFiles(1_000_000, Number.POSITIVE_INFINITY);
  });

  it("knows the limit of this process on Linux", () => {
    const limit = openFileLimit();
    expect(limit === undefined || limit > 0).toBe(true);
  });
});
