import { expect, test } from "vitest";
import type { LogQuery, LogRecord } from "../../src/core/site/site.ts";
import { OobError } from "../../src/lib/errors.ts";
import { runCli } from "./run-cli.ts";
import { AT, SiteDouble } from "./site-double.ts";

/** A site whose hosts printed these lines; the daemon looks for the pattern, and marks what it found. */
class SearchedSite extends SiteDouble {
  readonly printed: Readonly<Record<string, readonly string[]>>;
  readonly secret: readonly string[];

  constructor(
    printed: Readonly<Record<string, readonly string[]>>,
    secret: readonly string[] = [],
  ) {
    super();
    this.printed = printed;
    this.secret = secret;
  }

  override hosts() {
    return Promise.resolve(Object.keys(this.printed));
  }

  override async *log(query: LogQuery): AsyncIterable<LogRecord> {
    this.asked.push({ log: query });
    if (this.secret.includes(query.host))
      throw new OobError("NOT_PERMITTED", `Cannot read the log of ${query.host}`);
    for (const [n, text] of (this.printed[query.host] ?? []).entries()) {
      const hit = text.includes(query.grep ?? "");
      if (hit || (query.context ?? 0) > 0)
        yield { is: "line", at: AT, offset: n, text, ...(hit && { hit }) };
    }
  }
}

const PRINTED = { web1: ["login:", "panic: \u001b[2Jfatal"], db1: ["panic: no init"], gw: ["ok"] };

test("oob log search names the host of each line, over all hosts, and shows control characters", async () => {
  const { code, stdout, stderr } = await runCli(["log", "search", "panic"], {
    site: new SearchedSite(PRINTED),
  });
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^web1 {2}2026-\S+ \S+ [+-]\d{4} {2}panic: \^\[\[2Jfatal\ndb1 {3}2026-\S+ \S+ [+-]\d{4} {2}panic: no init\n$/,
  );
  expect(stderr).toBe("2 matches on 2 of 3 hosts\n");
});

test("oob log search asks each named host as oob log does, with its options", async () => {
  const site = new SearchedSite(PRINTED);
  const options = ["--fixed", "-i", "-C2", "--since", "1h", "--until", "now"];
  const { stdout } = await runCli(["log", "search", "a|b", "gw", ...options], { site });
  expect(stdout).toContain("gw  ");
  expect(site.asked).toEqual([
    {
      log: {
        ...{ host: "gw", grep: "a|b", since: AT - 3_600_000, until: AT, context: 2 },
        ...{ fixed: true, ignoreCase: true, follow: false, raw: false },
      },
    },
  ]);
});

test("oob log search ends with 1 where nothing matches", async () => {
  const { code, stdout, stderr } = await runCli(["log", "search", "oops", "web1"], {
    site: new SearchedSite(PRINTED),
  });
  expect([code, stdout, stderr]).toEqual([1, "", "0 matches on 0 of 1 host\n"]);
});

test("oob log search leaves out whose log one may not read, and says so; one that was named ends it with 4", async () => {
  const site = new SearchedSite(PRINTED, ["db1"]);
  const all = await runCli(["log", "search", "panic"], { site });
  expect(all.code).toBe(0);
  expect(all.stdout).not.toContain("db1");
  expect(all.stderr).toContain("1 match on 1 of 2 hosts\n");
  expect(all.stderr).toContain("not searched, for you may not read their logs: 1 hosts, db1 first");
  const named = await runCli(["log", "search", "panic", "web1", "db1"], { site });
  expect(named.code).toBe(4);
});

test("oob log search --count counts, and --json is one object a line", async () => {
  const site = new SearchedSite(PRINTED);
  const counted = await runCli(["log", "search", "panic", "--count"], { site });
  expect(counted.stdout).toBe("web1  1\ndb1   1\n");
  const json = await runCli(["log", "search", "panic", "--count", "--json"], { site });
  expect(json.stdout.split("\n")[2]).toBe('{"v":1,"host":"gw","matches":0}');
  const lines = await runCli(["log", "search", "panic", "db1", "--json"], { site });
  expect(JSON.parse(lines.stdout)).toMatchObject({
    host: "db1",
    text: "panic: no init",
    hit: true,
  });
});

test("oob log search alone is the log of a host of that name", async () => {
  const site = new SearchedSite({ search: ["one"] });
  await runCli(["log", "search"], { site });
  expect(site.asked).toEqual([{ log: { host: "search", last: 200, follow: false, raw: false } }]);
});
