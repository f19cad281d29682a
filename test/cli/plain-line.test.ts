import { expect, test } from "vitest";
import { COMMANDS } from "../../src/cli/commands.ts";
import { processContext } from "../../src/cli/context.ts";
import { parseLine } from "../../src/cli/parse-line.ts";
import { plainLine } from "../../src/cli/plain-line.ts";

const WORDS = ["web1", "web[1-3]", "", "serial:/dev/ttyUSB0?baud=115200"];
const LINES = WORDS.flatMap((word) => [
  [],
  [word],
  ["--config", "oob.yaml", word],
  [word, "--config", "a.yaml", "--config", "b.yaml"],
  [word, "cycle"],
  [word, "cycle", "--config", "oob.yaml"],
  [word, "cycle", "--json", "third"],
  ["--json", "--config", "oob.yaml"],
]);

test.each(COMMANDS.map((entry) => entry.name))(
  "plainLine() reads a line of %s as the parser does, or not at all",
  async (name) => {
    const entry = COMMANDS.find((one) => one.name === name);
    if (!entry) throw new Error(name);
    const { default: spec } = await entry.load();
    for (const line of LINES) {
      const plain = plainLine(spec, line);
      if (plain) expect(plain).toEqual({ ...parseLine(entry, spec, line, processContext()) });
    }
  },
);

test("plainLine() reads what people type most", async () => {
  const { default: attach } = await import("../../src/cli/commands/attach.ts");
  const options = { replay: 200, filter: "safe" };
  expect(plainLine(attach, ["web1"])).toEqual({ args: ["web1"], options });
  expect(plainLine(attach, ["--config", "oob.yaml", "web1"])).toEqual({
    args: ["web1"],
    options: { ...options, config: "oob.yaml" },
  });
});

test("plainLine() reads the states of outlets and hosts, for people and for programs", async () => {
  const { default: power } = await import("../../src/cli/commands/power.ts");
  const { default: status } = await import("../../src/cli/commands/status.ts");
  expect(plainLine(power, ["status", "web1", "web2"])?.args).toEqual(["status", "web1", "web2"]);
  expect(plainLine(power, [])).toBeUndefined();
  expect(plainLine(status, ["--json"])).toEqual({ args: [], options: { power: true, json: true } });
  expect(plainLine(status, ["--no-power"])).toBeUndefined();
});

test.each([
  ["-r", "web1"],
  ["web1", "--help"],
  ["web1", "--config"],
  ["web1", "--config", "--direct"],
  ["--config=oob.yaml", "web1"],
  ["--", "web1"],
  ["web1", "web2"],
  [],
])("plainLine() leaves it to the parser: %s %s %s", async (...line) => {
  const { default: attach } = await import("../../src/cli/commands/attach.ts");
  expect(plainLine(attach, line)).toBeUndefined();
});
