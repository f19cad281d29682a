import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { minutes } from "../../../src/lib/durations.ts";
import { OobError } from "../../../src/lib/errors.ts";
import { textOf } from "../../../src/sdk/options.ts";
import type { RunReport } from "../../../src/sdk/run-report.ts";
import type { Runbook } from "../../../src/sdk/runbook.ts";
import { PASSWORD, runKit } from "./run-kit.ts";

const book = (run: Runbook["run"], changes: Partial<Runbook> = {}): Runbook => ({
  title: "t",
  summary: "a test",
  risk: "type",
  sources: ["test"],
  options: {},
  timeout: minutes(30),
  run,
  ...changes,
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "oob-run-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const parts: Record<string, Runbook> = {};
const load = async (name: string) => {
  const found = parts[name];
  if (found) return found;
  throw new OobError("DRIVER_UNKNOWN", `Cannot find runbook "${name}"`);
};
const booted = async (host: Parameters<typeof runKit>[0] = {}) => {
  const kit = await runKit({ ...host, folder, load });
  await kit.boot();
  return kit;
};

const reports = () =>
  existsSync(join(folder, "reports")) ? readdirSync(join(folder, "reports")).sort() : [];
const report = (): RunReport => {
  const name = reports().findLast((one) => one.endsWith(".json")) ?? "none";
  return JSON.parse(readFileSync(join(folder, "reports", name), "utf8"));
};

describe("identify()", () => {
  it("names user, host and system", async () => {
    const kit = await booted();
    const who = book(async ({ console, identify }) => {
      await console.login();
      return JSON.stringify(await identify());
    });
    expect((await kit.run(who)).end?.text).toBe('{"uid":0,"hostname":"web1","system":"Linux"}');
  });

  it.each([
    ["web1.example.org", true],
    ["WEB1", true],
    ["any", true],
    ["web2", false],
    ["web1b", false],
  ])("inventory says %s: %s", async (hostname, passes) => {
    const kit = await booted({ entry: { hostname } });
    const { end } = await kit.run(
      book(async ({ console, identify }) => {
        await console.login();
        await identify();
        return "it is";
      }),
    );
    expect(end?.result).toBe(passes ? "done" : "failed");
    if (!passes) expect(end?.text).toContain(`calls itself "web1", wanted "${hostname}"`);
  });
});

describe("memory", () => {
  const counts = book(async ({ memory }) => {
    const last = await memory.recall();
    await memory.remember({
      n: typeof last === "object" && last && "n" in last ? Number(last.n) + 1 : 1,
    });
    return JSON.stringify(last ?? "nothing");
  });

  it("holds what the last good run remembered; a rehearsal changes nothing", async () => {
    const kit = await booted();
    expect((await kit.run(counts)).end?.text).toBe('"nothing"');
    expect((await kit.run(counts, {}, { dryRun: true })).end?.text).toBe('{"n":1}');
    expect((await kit.run(counts)).end?.text).toBe('{"n":1}');
    expect((await kit.run(counts)).end?.text).toBe('{"n":2}');
  });

  it("a run that failed leaves it as it was", async () => {
    const kit = await booted();
    await kit.run(counts);
    const fails = book(async (hands) => {
      await hands.memory.remember("lost");
      throw new OobError("RUNBOOK_FAILED", "Cannot go on");
    });
    await kit.run(fails);
    expect((await kit.run(counts)).end?.text).toBe('{"n":1}');
  });

  it("is not kept where no report tells of it: what was new is new again", async () => {
    const kit = await booted();
    writeFileSync(join(folder, "reports"), "");
    const { story } = await kit.run(counts);
    expect(story).toContain("its report, or what it remembers, cannot be kept: EEXIST");
    expect((await kit.run(counts)).events.find(({ result }) => result)?.text).toBe('"nothing"');
    rmSync(join(folder, "reports"));
    await kit.run(counts);
    expect((await kit.run(counts)).end?.text).toBe('{"n":1}');
  });
});

describe("reports", () => {
  it("lie in four forms in the host's folder: news on top, acts with the way back", async () => {
    const kit = await booted();
    await kit.run(
      book(async ({ report: page, act, step, note }) => {
        await step("look", async () => page.text("log", "one\ntwo"));
        page.table("all", [{ port: 22, name: "sshd" }]);
        page.news("ports", [{ port: 8080, name: "x" }]);
        await act("close 8080", async () => undefined, { undo: "open 8080" });
        note("seen");
        return { verdict: "act", text: "one new port" };
      }),
    );
    expect(reports().map((name) => name.replace(/.*\./, ""))).toEqual([
      "html",
      "json",
      "md",
      "txt",
    ]);
    expect(report()).toMatchObject({
      v: 1,
      host: "web1",
      result: "done",
      verdict: "act",
      text: "one new port",
      acts: [{ what: "close 8080", undo: "open 8080" }],
      steps: [{ name: "look" }],
      notes: ["seen"],
    });
    const text = readFileSync(join(folder, "reports", reports()[3] ?? ""), "utf8");
    expect(text.indexOf("new: ports")).toBeLessThan(text.indexOf("sshd"));
    expect(text).toContain("close 8080; to undo: open 8080");
  });

  it("nothing of a host is obeyed by a terminal, a browser or Markdown; secrets are left out", async () => {
    const kit = await booted();
    const evil = `\x1b]0;t\x07<script>alert(1)</script>\x1b[2J ![x](http://evil) \`\`\`\n# big\n\u202e${PASSWORD}`;
    await kit.run(
      book(async ({ console, report: page }) => {
        await console.login();
        page.text(evil, evil);
        page.news(evil, [{ [evil]: evil, "a|b": "c|d" }]);
        return evil;
      }),
    );
    const [html = "", json = "", md = "", txt = ""] = reports().map((name) =>
      readFileSync(join(folder, "reports", name), "utf8"),
    );
    for (const page of [html, json, md, txt]) {
      expect(page).not.toContain(PASSWORD);
      expect(page).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    }
    expect(html).not.toContain("<script");
    expect(html).toContain("default-src 'none'");
    const unfenced = md.replace(/````text[\s\S]*?\n````/g, "");
    expect(unfenced).not.toMatch(/^# big/m);
    expect(unfenced).not.toMatch(/(?<!\\)!\[|(?<!\\)<script/);
  });

  it("a run that failed has one, too; a rehearsal and a refusal have none", async () => {
    const kit = await booted();
    await kit.run(
      book(async () => "x"),
      {},
      { dryRun: true },
    );
    const other = await kit.run(book(async () => "x", { on: ["openbsd"] }));
    expect(other.end).toMatchObject({ result: "refused", error: { code: "RUNBOOK_INVALID" } });
    expect(other.end?.text).toBe(
      "Cannot run book on web1: it is for openbsd, the entry says os: unknown",
    );
    const look = book(async () => "x", { on: ["openbsd"], risk: "read" });
    expect((await kit.run(look, {}, { dryRun: true })).result).toBe("done");
    expect(reports()).toEqual([]);
    const fails = book(async ({ step }) =>
      step("early", async () => {
        throw new OobError("RUNBOOK_FAILED", "Cannot go on");
      }),
    );
    await kit.run(fails);
    expect(report()).toMatchObject({
      result: "failed",
      text: "Cannot go on",
      error: { code: "RUNBOOK_FAILED" },
      steps: [{ name: "early", failed: true }],
    });
  });
});

describe("part()", () => {
  it("runs with the same seat, its sections and verdict come back, its memory is its own", async () => {
    parts.inner = book(
      async ({ console, report: page, memory, options }) => {
        expect((await console.run("hostname")).output).toBe("web1\n");
        page.news("found", [{ n: 1 }]);
        await memory.remember("inner");
        return { verdict: "look", text: `with ${textOf(options, "what")}` };
      },
      { options: { what: { kind: "text", summary: "w" } } },
    );
    parts.broken = book(async () => {
      throw new OobError("RUNBOOK_FAILED", "Cannot look");
    });
    const kit = await booted();
    const { end, result } = await kit.run(
      book(async ({ console, part, memory }) => {
        await console.login();
        const good = await part("inner", { what: "care" });
        const bad = await part("broken");
        const none = await part("nowhere");
        await memory.remember("outer");
        expect(good).toMatchObject({ verdict: "look", text: "with care" });
        expect(good.sections).toMatchObject([{ is: "news", title: "found", part: "inner" }]);
        expect(bad).toMatchObject({ verdict: "failed", text: "Cannot look" });
        return { verdict: "look", text: `${bad.verdict} ${none.verdict}` };
      }),
    );
    expect(result, end?.text).toBe("done");
    expect(end).toMatchObject({ text: "failed failed", verdict: "look" });
    expect(report().notes).toContain("broken failed: Cannot look");
    expect(report().sections).toMatchObject([{ title: "found", part: "inner" }]);
    expect(JSON.parse(readFileSync(join(folder, "memory", "inner.json"), "utf8"))).toBe("inner");
    expect(JSON.parse(readFileSync(join(folder, "memory", "book.json"), "utf8"))).toBe("outer");
  });

  it("is refused where its risk is more than that of the whole, and where it would run itself", async () => {
    parts.worse = book(async () => "x", { risk: "disrupt" });
    parts.self = book(async ({ part }) => (await part("self")).text);
    const kit = await booted();
    const { end } = await kit.run(
      book(async ({ part }) => `${(await part("worse")).text} | ${(await part("self")).text}`),
    );
    expect(end?.text).toContain('its risk is "disrupt", that of the whole "type"');
    expect(end?.text).toContain("it would run itself");
  });

  it("does not survive the end of the whole run", async () => {
    parts.waits = book(async ({ console }) => {
      await console.expect(/never/, minutes(9));
      return "x";
    });
    const kit = await booted();
    const { end } = await kit.run(
      book(async ({ part }) => {
        kit.clock.after(500, () => void kit.takeSeat());
        await part("waits");
        return "went on";
      }),
    );
    expect(end).toMatchObject({ result: "failed", error: { code: "SEAT_TAKEN" } });
  });
});

describe("done()", () => {
  it("tells a second run which acts the first one, which failed, had finished", async () => {
    const kit = await booted();
    const made: string[] = [];
    let fail = true;
    const steps = book(async ({ act, done }) => {
      for (const what of ["one", "two", "three"]) {
        if (done(what)) continue;
        await act(what, async () => {
          if (fail && what === "three") throw new OobError("RUNBOOK_FAILED", "Cannot do three");
          made.push(what);
        });
      }
      return made.join(" ");
    });
    expect((await kit.run(steps)).result).toBe("failed");
    fail = false;
    expect((await kit.run(steps)).end?.text).toBe("one two three");
    made.length = 0;
    expect((await kit.run(steps)).end?.text).toBe("one two three");
  });
});
