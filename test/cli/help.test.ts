import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { COMMANDS } from "../../src/cli/commands.ts";
import { runCli } from "./run-cli.ts";

test("oob help lists every command, and every file of a command is in the list", async () => {
  const { code, stdout } = await runCli(["help"]);
  expect(code).toBe(0);
  expect(stdout).toMatchSnapshot();
  const files = readdirSync(new URL("../../src/cli/commands/", import.meta.url));
  expect(files.map((file) => file.replace(/\.ts$/, "")).sort()).toEqual(
    COMMANDS.map((command) => command.name).sort(),
  );
});

test("oob alone is a usage error that shows the same", async () => {
  const { code, stdout, stderr } = await runCli([]);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toContain("Usage: oob COMMAND");
});

test.each(COMMANDS.map((command) => command.name))("oob %s --help", async (name) => {
  const { code, stdout, stderr, opened } = await runCli([name, "--help"]);
  expect([code, stderr, opened]).toEqual([0, "", []]);
  expect(stdout).toMatchSnapshot();
  expect(stdout).toMatch(/\nExamples:\n {2}oob .*\n {2}oob /);
});

test("oob help COMMAND is oob COMMAND --help", async () => {
  expect((await runCli(["help", "log"])).stdout).toBe((await runCli(["log", "--help"])).stdout);
});
