import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { formatProblem } from "../../../src/config/problems.ts";
import { checkRunbook } from "../../../src/core/registry/check-runbook.ts";
import { RECIPE_START, RUNBOOK_START } from "../../../src/daemon/runbook-start.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "oob-check-"));
});
afterEach(() => rm(folder, { recursive: true }));

const check = async (text: string, name = "mine.ts") => {
  const path = join(folder, name);
  await writeFile(path, text);
  return checkRunbook({ name: "mine", path, own: false });
};
const places = async (text: string, name?: string) =>
  (await check(text, name)).problems.map(
    ({ line, column, message }) => `${line}:${column} ${message}`,
  );

const whole = (change: string) => `import { defineRunbook, seconds } from "oob/sdk";
export default defineRunbook({
  title: "t", summary: "s", sources: [],
  ${change}
  async run() { return "done"; },
} as never);
`;

test.each([
  [
    "a typing error",
    "export default {\n  a: 1\n  b: 2,\n};\n",
    ['3:3 Unexpected token, expected ","'],
  ],
  [
    "what throws as it is loaded",
    "const a = undefined as any;\nconst c = a.b;\nexport default c;\n",
    ["2:13 Cannot read properties of undefined (reading 'b')"],
  ],
  [
    "a name that is not there",
    'import { defineRunbok } from "oob/sdk";\nexport default defineRunbok({});\n',
    ['1:10 "defineRunbok" is not what it imports it from'],
  ],
  [
    "a file that is not there",
    'import x from "./gone.ts";\nexport default x;\n',
    ["1:16 Cannot find module './gone.ts'"],
  ],
  [
    "no title",
    "\nexport default { summary: 's', sources: [], risk: 'read', options: {}, run() {} };\n",
    ["2:1 it lacks title (string)"],
  ],
  [
    "a wrong risk",
    whole('risk: "reed", options: {}, timeout: seconds(3),'),
    ['4:3 "reed" is no risk'],
  ],
  [
    "no time limit",
    whole('risk: "read", options: {},'),
    ['2:1 it needs a time limit, such as "timeout: minutes(5)"'],
  ],
  [
    "a default that is none",
    whole(
      'risk: "read", timeout: seconds(3), options: { most: { kind: "integer", summary: "", default: "x" } },',
    ),
    ['4:49 setting "most": its default: expected a whole number, got "x"'],
  ],
])("%s has its line and column", async (_, text, told) => expect(await places(text)).toEqual(told));

test("a problem is shown with its line and a caret", async () => {
  const [problem] = (await check("export default {\n  a: 1\n  b: 2,\n};\n")).problems;
  expect(problem && formatProblem(problem)).toMatch(/mine\.ts:3:3: .*\n {6}b: 2,\n {6}\^$/);
});

test("what oob runbook new writes is whole", async () => {
  for (const [text, name] of [
    [RUNBOOK_START, "a.ts"],
    [RECIPE_START, "a.yaml"],
  ] as const) {
    const { problems, runbook } = await check(text.replaceAll("NAME", "a"), name);
    expect(problems).toEqual([]);
    expect(runbook).toMatchObject({ title: "a", risk: "read" });
  }
});
