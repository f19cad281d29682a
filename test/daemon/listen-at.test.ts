import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { listenAt } from "../../src/daemon/listen-at.ts";

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "oob-listen-"));
  path = join(folder, "it.sock");
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("listenAt: the file appears once it is listened at, not when it is bound", async () => {
  const server = createServer();
  let early: boolean | undefined;
  server.once("listening", () => {
    early = existsSync(path);
  });
  const listening = await listenAt(server, path);
  expect(early).toBe(false);
  expect(existsSync(path)).toBe(true);
  listening.close();
});

test("listenAt: the file is the owner's alone, and nothing else is left beside it", async () => {
  const server = createServer();
  const listening = await listenAt(server, path);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(["it.sock"]);
  listening.close();
  expect(readdirSync(folder)).toEqual([]);
});

test("listenAt: what stands there is left alone", async () => {
  const first = await listenAt(createServer(), path);
  await expect(listenAt(createServer(), path)).rejects.toMatchObject({ code: "EEXIST" });
  expect(readdirSync(folder)).toEqual(["it.sock"]);
  first.close();
});

test("close: another's file in its place is left alone", async () => {
  const listening = await listenAt(createServer(), path);
  rmSync(path);
  writeFileSync(path, "");
  listening.close();
  expect(existsSync(path)).toBe(true);
});
