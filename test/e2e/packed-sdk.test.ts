/** A user's runbook in TypeScript against the package as it is installed: types, completion, and that it runs. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "oob-packed-"));
  const packed = await run(
    "npm",
    ["pack", "--silent", "--ignore-scripts", "--pack-destination", folder],
    { cwd: ROOT },
  );
  const archive = join(folder, packed.stdout.trim().split("\n").at(-1) ?? "");
  const home = join(folder, "node_modules/oob");
  await mkdir(home, { recursive: true });
  await run("tar", ["-xzf", archive, "--strip-components=1", "-C", home]);
  // What npm install would put beside it.
  await symlink(join(ROOT, "node_modules"), join(home, "node_modules"));
  await symlink(join(ROOT, "node_modules/@types"), join(folder, "node_modules/@types"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const OPTIONS = [
  "--noEmit",
  "--strict",
  "--module",
  "nodenext",
  "--target",
  "es2023",
  "--skipLibCheck",
  "false",
];
/** What tsc says of a file, line by line. */
async function compile(name: string, text: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  await writeFile(file, text);
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  return run(process.execPath, [tsc, ...OPTIONS, file], { cwd: folder }).then(
    ({ stdout }) => stdout,
    (thrown: { stdout: string }) => thrown.stdout,
  );
}

it("the file of oob runbook new compiles in a user's folder, as it stands", async () => {
  const oob = join(folder, "node_modules/oob/bin/oob.js");
  await run(process.execPath, [oob, "runbook", "new", "mine", "--folder", folder]);
  const text = await readFile(join(folder, "mine.ts"), "utf8");
  expect(await compile("mine.ts", text)).toBe("");
  const checked = await run(process.execPath, [
    oob,
    "runbook",
    "check",
    join(folder, "mine.ts"),
    "--json",
  ]);
  expect(JSON.parse(checked.stdout)).toMatchObject({
    ok: true,
    runbooks: [{ title: "mine", risk: "read" }],
  });
});

it("what an editor would complete is known, and what is wrong is told at its place", async () => {
  const wrong = `import { defineRunbook, seconds } from "oob/sdk";
export default defineRunbook({
  title: "t", summary: "s", risk: "reed", sources: [], options: {}, timeout: seconds(3),
  async run({ console, report }) {
    const { status } = await console.run("true");
    const text: string = status;
    report.tabel("x", []);
    return text;
  },
});
`;
  const told = await compile("wrong.ts", wrong);
  expect(told).toMatch(/wrong\.ts\(3,29\): error TS2322: Type '"reed"' is not assignable/);
  expect(told).toMatch(
    /wrong\.ts\(6,11\): error TS2322: Type 'number' is not assignable to type 'string'/,
  );
  expect(told).toMatch(
    /wrong\.ts\(7,12\): error TS\d+: Property 'tabel' does not exist.* Did you mean 'table'/,
  );
});
