import { expect, test } from "vitest";
import { runCli } from "./run-cli.ts";
import { SiteDouble } from "./site-double.ts";

test("incident link prints the link alone, whole, and asks for one that only shows", async () => {
  const site = new SiteDouble();
  const { code, stdout, stderr } = await runCli(["incident", "link", "31"], { site });
  expect({ code, stdout }).toEqual({ code: 0, stdout: "https://oob.example/i/token-view\n" });
  expect(stderr).toMatch(/^it shows incident 31 until 20/);
  expect(site.asked).toEqual([{ link: 31, may: "view" }]);
});

test("incident link --answer asks for one that answers; --json has its times", async () => {
  const site = new SiteDouble();
  const args = ["incident", "link", "31", "--answer", "--json"];
  const { stdout } = await runCli(args, { site });
  expect(JSON.parse(stdout)).toMatchObject({
    id: 31,
    url: "https://oob.example/i/token-answer",
    may: "answer",
    until: expect.stringMatching(/^\d{4}-.*Z$/),
  });
  expect(site.asked).toEqual([{ link: 31, may: "answer" }]);
});

test("incident link wants a number", async () => {
  const site = new SiteDouble();
  for (const words of [[], ["x"], ["1", "2"]])
    expect((await runCli(["incident", "link", ...words], { site })).code).toBe(2);
});
