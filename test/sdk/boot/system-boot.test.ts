import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { systemOf } from "../../../src/sdk/boot/system-boot.ts";
import { goMultiUser, provenLevel } from "../../../src/sdk/boot/user-level.ts";
import type { RunbookHands } from "../../../src/sdk/runbook.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A Linux without systemd, with these processes; commands are run by a shell, which sees its /proc in a folder. */
function hostWith(processes: readonly string[]): RunbookHands {
  const folder = mkdtempSync(join(tmpdir(), "oob-level-"));
  folders.push(folder);
  for (const [index, name] of processes.entries()) {
    mkdirSync(join(folder, `${index + 1}`));
    writeFileSync(join(folder, `${index + 1}`, "comm"), `${name}\n`);
  }
  writeFileSync(join(folder, "cmdline"), "root=/dev/vda1 single\n");
  const run = async (command: string) => {
    const text = `systemctl() { return 127; }\n${command.replaceAll("/proc/", `${folder}/`)}`;
    return { status: spawnSync("sh", ["-c", text]).status ?? 1, output: "" };
  };
  return { console: { run } } as unknown as RunbookHands;
}

const levelOf = async (processes: readonly string[]) => {
  const linux = systemOf("alpine");
  if (!linux) throw new Error("Linux is known");
  return (await provenLevel(hostWith(processes), linux, "maintenance"))?.name;
};

describe("a Linux without systemd, behind a password prompt", () => {
  it("is in single-user mode where nothing but sulogin's shell runs", async () => {
    expect(await levelOf(["init", "kthreadd", "sulogin", "sh"])).toBe(
      "single-user mode behind sulogin",
    );
  });

  it.each(["getty", "agetty", "sshd", "login"])(
    "is not said to be in it where %s runs",
    async (name) => {
      expect(await levelOf(["init", name, "ash"])).toBeUndefined();
    },
  );
});

describe("the way back", () => {
  it.each([false, true])(
    "takes what is ours off the host before its shell is left (it cannot: %s)",
    async (fails) => {
      const done: string[] = [];
      const hands = {
        signal: new AbortController().signal,
        note: (text: string) => done.push(text),
        console: {
          tidy: async () => {
            done.push("tidy");
            if (fails) throw new Error("no room");
          },
          send: async (text: string) => done.push(text),
          // Of what a host may show once its shell was left, the login prompt.
          expect: async (patterns: readonly RegExp[]) => ({
            which: patterns.findIndex((pattern) => pattern.test("web1 login: ")),
            before: "",
            match: [],
          }),
        },
      } as unknown as RunbookHands;
      await goMultiUser(hands, { name: "a shell", proof: "true", leave: "exit" });
      expect(done).toEqual(["tidy", ...(fails ? ["no room"] : []), " exit\r"]);
    },
  );
});
