import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { secretsOf } from "../../../src/core/registry/secrets.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "oob-secrets-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("secretsOf()", () => {
  test("reads a 0600 file and cuts one trailing newline, no more", async () => {
    await writeFile(join(folder, "a"), " pass word \n\n", { mode: 0o600 });
    expect(await secretsOf({ credentials: folder }, {})({ secret: "a" })).toBe(" pass word \n");
  });

  test("prefers $CREDENTIALS_DIRECTORY", async () => {
    const given = await mkdtemp(join(tmpdir(), "oob-secrets-"));
    await writeFile(join(folder, "a"), "old", { mode: 0o600 });
    await writeFile(join(given, "a"), "new", { mode: 0o400 });
    const secrets = secretsOf({ credentials: folder }, { CREDENTIALS_DIRECTORY: given });
    expect(await secrets({ secret: "a" })).toBe("new");
    await rm(given, { recursive: true });
  });

  test.each([0o644, 0o640, 0o620, 0o601])("refuses a file of mode %o", async (mode) => {
    await writeFile(join(folder, "a"), "hunter2", { mode: 0o600 });
    const { chmod } = await import("node:fs/promises");
    await chmod(join(folder, "a"), mode);
    const error = await secretsOf(
      { credentials: folder },
      {},
    )({ secret: "a" }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "SECRET_EXPOSED", hint: expect.stringContaining("chmod") });
    expect(JSON.stringify(error) + String(error)).not.toContain("hunter2");
  });

  test("names the path where the secret is missing", async () => {
    await expect(secretsOf({ credentials: folder }, {})({ secret: "gone" })).rejects.toMatchObject({
      code: "SECRET_MISSING",
      hint: expect.stringContaining(join(folder, "gone")),
    });
  });

  test("a folder is no secret", async () => {
    await expect(secretsOf({ credentials: "/" }, {})({ secret: "tmp" })).rejects.toMatchObject({
      code: "SECRET_MISSING",
    });
  });

  test("a secret that came in a URL needs no file", async () => {
    const config = { credentials: folder, urlSecrets: new Map([["url-1", "public"]]) };
    expect(await secretsOf(config, {})({ secret: "url-1" })).toBe("public");
  });
});
