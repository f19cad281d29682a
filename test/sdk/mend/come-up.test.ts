import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import {
  backIntoInodeScript,
  intoInodeScript,
  keepInodeScript,
  keepScript,
} from "../../../src/sdk/mend/come-up.ts";

// Shells of this machine do the work, and others use it, too.
vi.setConfig({ testTimeout: 60_000 });

function host() {
  const folder = mkdtempSync(join(tmpdir(), "oob-come-up-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const shadow = join(folder, "shadow");
  writeFileSync(shadow, "root:old\n", { mode: 0o640 });
  const run = (script: string) => spawnSync("sh", ["-c", script], { encoding: "utf8" });
  return {
    shadow,
    run,
    /** As chpasswd(8) does it. */
    change: () => run(`echo root:new >${shadow}+ && mv ${shadow}+ ${shadow}`),
    names: () => readdirSync(folder).sort(),
    text: () => readFileSync(shadow, "utf8"),
    inode: () => statSync(shadow).ino,
  };
}

describe("a file that a program replaces by a new one", () => {
  it("has its inode again, so its label of SELinux, and the new content", () => {
    const { shadow, run, change, names, text, inode } = host();
    const before = inode();
    expect(run(`${keepScript(shadow)} && ${keepInodeScript(shadow)}`).status).toBe(0);
    expect(change().status).toBe(0);
    expect(inode()).not.toBe(before);
    expect(run(intoInodeScript(shadow)).status).toBe(0);
    expect({ inode: inode(), text: text() }).toEqual({ inode: before, text: "root:new\n" });
    expect(statSync(shadow).mode & 0o777).toBe(0o640);
    expect(names()).toEqual(["shadow", "shadow.oob-before"]);
  });

  it.each(["replaced", "untouched", "finished"])("goes back where it was %s", (state) => {
    const { shadow, run, change, names, text, inode } = host();
    const before = inode();
    run(`${keepScript(shadow)} && ${keepInodeScript(shadow)}`);
    if (state !== "untouched") change();
    if (state === "finished") run(intoInodeScript(shadow));
    expect(run(backIntoInodeScript(shadow)).status).toBe(0);
    expect({ inode: inode(), text: text() }).toEqual({ inode: before, text: "root:old\n" });
    expect(names()).toEqual(["shadow"]);
  });

  it("a program that writes into it in place leaves nothing over", () => {
    const { shadow, run, names, text } = host();
    run(`${keepScript(shadow)} && ${keepInodeScript(shadow)}; echo root:new >${shadow}`);
    expect(run(intoInodeScript(shadow)).status).toBe(0);
    expect(text()).toBe("root:new\n");
    expect(names()).toEqual(["shadow", "shadow.oob-before"]);
  });
});
