import fc from "fast-check";
import { expect, test } from "vitest";
import { entryLine } from "../../../src/cli/ssh-entry/entry-line.ts";
import { runCli } from "../run-cli.ts";

test.each<[string | undefined, string[]]>([
  [undefined, ["status"]],
  ["", ["status"]],
  ["list", ["status"]],
  ["help", ["help"]],
  ["web1", ["attach", "web1"]],
  ["web1.oob", ["attach", "web1"]],
  ["attach web1.oob", ["attach", "web1"]],
  ["attach -f --reason 'patch check' web1", ["attach", "-f", "--reason", "patch check", "web1"]],
  ["status web[1-3] --json", ["status", "web[1-3]", "--json"]],
  [
    "power cycle db1 --confirm=db1 --reason x",
    ["power", "cycle", "db1", "--confirm=db1", "--reason", "x"],
  ],
  ["kick web1/3", ["kick", "web1/3"]],
  // Words for oob, and for nothing else: no shell sees them.
  [
    "message web1 $(id); `id` | tee > x",
    ["message", "web1", "$(id);", "`id`", "|", "tee", ">", "x"],
  ],
])("entryLine() of %j", (line, expected) => {
  expect(entryLine(line)).toEqual(expected);
});

test.each([
  ["sh -c id", /no such command here/],
  ["serve", /no such host|attach|no such command/],
  ["/bin/sh", /no such command here/],
  ["-c", /no such command here/],
  ["sendfile web1 /etc/shadow", /no such command here/],
  ["getfile web1 /tmp/x", /no such command here/],
  ["config check", /no such command here/],
  ["ssh-entry x", /no such command here/],
  ["constructor x", /no such command here/],
  ["__proto__ x", /no such command here/],
  ["status --config /tmp/evil.yaml", /that option is not/],
  ["status --config=/tmp/evil.yaml", /that option is not/],
  ["attach web1 --direct", /that option is not/],
  ["attach web1 --broadcast", /that option is not/],
  ["log web1 --anchor /etc/shadow", /that option is not/],
  ["log verify /etc", /files of this machine/],
  ["log -n 3 verify web1", /files of this machine/],
  ["audit --check", /that option is not/],
  ["attach web1 -rf", /that option is not/],
  ["attach web1\ntouch x", /control characters/],
  ["attach web1\u0000", /control characters/],
  ["attach 'web1", /is not closed/],
  ["list web1", /nothing may follow/],
  [`attach ${"a".repeat(5000)}`, /longer than/],
])("entryLine() refuses %j", (line, why) => {
  if (line === "serve") expect(entryLine(line)).toEqual(["attach", "serve"]);
  else expect(() => entryLine(line)).toThrow(why);
});

test("entryLine() gives a command of the list or an error, whatever comes", () => {
  const word = fc.constantFrom(
    ..."attach status log verify --config --direct -- - ; | & $( ) ` ' \" \\ exec:sh web1 ../x -x \n".split(
      " ",
    ),
  );
  const line = fc.array(fc.oneof(word, fc.string()), { maxLength: 6 }).map((all) => all.join(" "));
  fc.assert(
    fc.property(line, (text) => {
      let made: string[];
      try {
        made = entryLine(text);
      } catch (thrown) {
        expect(thrown).toMatchObject({ name: "OobError" });
        return;
      }
      expect(made[0]).toMatch(
        /^(?:attach|spy|status|who|why|screen|log|events|audit|power|hold|release|incident|intent|message|kick|send|help)$/,
      );
      expect(
        made.filter((one) => /^--?(?:config|direct|broadcast|anchor|key|check)/.test(one)),
      ).toEqual([]);
    }),
    { numRuns: 1000 },
  );
});

test("oob ssh-entry opens no URL, and no device where the daemon is not", async () => {
  const run = (line: string) =>
    runCli(["ssh-entry", "--config", "/nonexistent/oob.yaml"], {
      env: { SSH_ORIGINAL_COMMAND: line, OOB_CONFIG: "/tmp/evil.yaml" },
    });
  const url = await run("screen exec:id");
  expect(url).toMatchObject({ code: 4, stdout: "", stderr: expect.stringMatching(/it is a URL/) });
  const attach = await run("attach web1");
  expect(attach).toMatchObject({ code: 2, stderr: expect.stringMatching(/stdin is no terminal/) });
  const gone = await run("status");
  expect(gone.code).not.toBe(0);
  expect(gone.stderr).toMatch(/\/nonexistent\/oob\.yaml/);
  expect([url, attach, gone].flatMap(({ opened }) => opened)).toEqual([]);
});
