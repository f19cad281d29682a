import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import unix from "../../../drivers/console/unix.ts";
import { failureOf, openContext, Peer, testSocketDriver } from "./socket-suite.ts";

let folder = "";
let count = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "oob-unix-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const newPath = () => join(folder, `console${count++}`);

describe("console driver unix", () => {
  testSocketDriver(unix, async () => {
    const peer = new Peer();
    const path = newPath();
    await peer.listen(path);
    return { peer, options: { path } };
  });

  it("says that there is no such socket", async () => {
    const path = newPath();
    const failure = await failureOf(unix.open({ path }, openContext()));
    expect(failure.code).toBe("LINK_REFUSED");
    expect(failure.message).toBe(`Cannot open "${path}": no such socket`);
    expect(failure.hint).toBeDefined();
  });

  it("says that nobody listens on what is left of a socket", async () => {
    const path = newPath();
    await writeFile(path, "");
    const failure = await failureOf(unix.open({ path }, openContext()));
    expect(failure.message).toBe(`Cannot open "${path}": nobody listens on this socket`);
  });

  it.skipIf(process.getuid?.() === 0)("says that permission is denied", async () => {
    const peer = new Peer();
    const path = newPath();
    await peer.listen(path);
    await chmod(path, 0);
    const failure = await failureOf(unix.open({ path }, openContext()));
    expect(failure.message).toBe(`Cannot open "${path}": permission denied`);
    await peer.close();
  });
});
