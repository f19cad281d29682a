import { describe, expect, it } from "vitest";
import avc from "../../scripts/avc.ts";
import dailyCheck from "../../scripts/daily-check.ts";
import sshGuard from "../../scripts/ssh-guard.ts";
import { Days } from "./daily-kit.ts";

const FITS = "what the host has";
const failed = { verdict: "failed", text: "Cannot read the logs", sections: [] } as const;
const act = { verdict: "act", text: "1 not allowed", sections: [] } as const;
const has = (...words: string[]) => ({ [FITS]: `${words.join("\n")}\nend\n` });

describe("daily-check", () => {
  it("makes the parts that fit, and tells those that were not made", async () => {
    const look = await new Days(dailyCheck).look({
      answers: has("deleted-libs", "fail2ban"),
      set: { feeds: "/srv/feeds", allow: "tcp/22,udp/68", jails: "true" },
    });
    expect(look.parts).toEqual([
      ["advisories", { feeds: "/srv/feeds", jails: "true" }],
      ["deleted-libs", {}],
      ["listeners", { allow: "tcp/22,udp/68" }],
      ["fail2ban", {}],
      ["logwatch", {}],
      ["jail-logs", {}],
    ]);
    expect(look).toMatchObject({ verdict: "ok", text: "6 parts, nothing to do", news: [] });
    expect(JSON.stringify(look.sections)).toContain('"part":"avc","verdict":"not made"');
  });

  it("a part that could not be made is on top, and the whole is never ok", async () => {
    const look = await new Days(dailyCheck).look({
      answers: has("deleted-libs"),
      parts: { listeners: act, logwatch: failed },
    });
    expect(look.news.map(({ part, verdict }) => `${part} ${verdict}`)).toEqual([
      "logwatch failed",
      "listeners act",
    ]);
    expect(look).toMatchObject({ verdict: "act", text: "logwatch: FAILED, Cannot read the logs" });
  });

  it("what was there yesterday and is gone is told until it is left out", async () => {
    const days = new Days(dailyCheck);
    await days.look({ answers: has("fail2ban") });
    for (const _ of [1, 2])
      expect(await days.look({ answers: has() })).toMatchObject({
        verdict: "act",
        news: [{ part: "fail2ban", verdict: "act" }],
      });
    expect((await days.look({ answers: has(), set: { skip: "fail2ban" } })).verdict).toBe("ok");
  });

  it("an answer that is not whole fails the whole", async () => {
    const look = new Days(dailyCheck).look({ answers: { [FITS]: "fail2ban\n" } });
    await expect(look).rejects.toThrow("its answer is not whole");
  });
});

describe("ssh-guard", () => {
  const line = (address: string, is = "Failed") =>
    `Nov 23 01:02:03 h sshd[1]: ${is} password for root from ${address} port 4 ssh2`;
  const log = (...addresses: string[]) =>
    `by log\n${addresses.flatMap((one) => Array<string>(9).fill(line(one))).join("\n")}\nend\n`;
  const LINES = "lines of sshd";
  const LIST = "list of what is blocked";
  const set = { threshold: "5" };
  const NFT = "fw nft\nrule\n";

  it("lists and blocks nobody unless it is told to", async () => {
    const answers = { [LINES]: log("192.0.2.7"), [LIST]: `${NFT}end\n` };
    const look = await new Days(sshGuard).look({ set, answers });
    expect(look).toMatchObject({ verdict: "look", acts: [], news: [{ what: "would be blocked" }] });
    const dry = await new Days(sshGuard).look({
      set: { ...set, block: "true" },
      dryRun: true,
      answers,
    });
    expect(dry.acts).toEqual(["block 192.0.2.7 by nft for 1d"]);
    expect(dry.verdict).toBe("look");
  });

  it("blocks, reads back, and keeps to so many in an hour", async () => {
    const days = new Days(sshGuard);
    const typed: string[] = [];
    const blocked = new Set<string>();
    const answers = (now: readonly string[]) => ({
      [LINES]: log(...now),
      [LIST]: () => `${NFT}${[...blocked].map((one) => `has ${one}\n`).join("")}end\n`,
      "answer to the block": (script: string) => {
        typed.push(script);
        for (const [, one = ""] of script.matchAll(/\{ (\S+) timeout/g)) blocked.add(one);
        return "";
      },
    });
    const wish = { ...set, block: "true", "per-hour": "2", never: "198.51.100.0/24" };
    const names = ["192.0.2.7", "192.0.2.99", "203.0.113.5", "198.51.100.7"];
    const look = await days.look({ set: wish, answers: answers(names) });
    expect(look.acts).toEqual(["block 192.0.2.7 192.0.2.99 by nft for 1d"]);
    expect(look.news.map(({ what, address }) => `${address} ${what}`)).toEqual([
      "192.0.2.7 blocked",
      "192.0.2.99 blocked",
      "203.0.113.5 held back: too many in an hour",
      "198.51.100.7 on the never-block list, or beside somebody who got in",
    ]);
    expect(look.verdict).toBe("look");
    const soon = await days.look({ set: wish, answers: answers(names) });
    expect(soon.acts).toEqual(["let go of what is blocked for longer than 1d"]);
    const later = await days.look({
      set: wish,
      answers: answers(names),
      now: 1_800_000_000_000 + 3_700_000,
    });
    expect(later.acts).toEqual(["block 203.0.113.5 by nft for 1d"]);
  });

  it("a block that is not there afterwards, and a table that no rule asks, are failures", async () => {
    const wish = { ...set, block: "true" };
    const look = (list: string) =>
      new Days(sshGuard).look({
        set: wish,
        answers: { [LINES]: log("192.0.2.7"), [LIST]: list, "answer to the block": "" },
      });
    await expect(look(`${NFT}end\n`)).rejects.toThrow("192.0.2.7 is not blocked after the command");
    await expect(look("fw pf\nend\n")).rejects.toThrow("no rule of its pf.conf");
    await expect(look("end\n")).rejects.toThrow("neither pf nor nft");
  });

  it("somebody who got in after failures is to be acted upon, and is not blocked", async () => {
    const text = log("192.0.2.7").replace("end\n", `${line("192.0.2.7", "Accepted")}\nend\n`);
    const answers = { [LINES]: text, [LIST]: `${NFT}end\n` };
    const look = await new Days(sshGuard).look({ set: { ...set, block: "true" }, answers });
    expect(look).toMatchObject({ verdict: "act", acts: [] });
  });

  it("watches the lines that come up at the console", async () => {
    const look = await new Days(sshGuard).look({
      set: { ...set, watch: "1m" },
      console: [...Array<string>(6).fill(line("192.0.2.7")), "root@web1:~# "],
      answers: { [LIST]: `${NFT}end\n` },
    });
    expect(look.text).toBe("6 failures of 1 addresses, from the console, 1m: 1 would be blocked");
  });
});

describe("avc", () => {
  const row = 'avc\t3\thttpd_t\tshadow_t\tfile\tread\t"httpd"\t0\n';
  const says = (text: string) => ({ answers: { "SELinux denials": text } });
  it("tells new groups, and a mode that is not Enforcing", async () => {
    const days = new Days(avc);
    expect((await days.look(says("mode\tEnforcing\nby\tausearch\nend\n"))).verdict).toBe("ok");
    const look = await days.look(says(`mode\tEnforcing\nby\tausearch\n${row}end\n`));
    expect(look).toMatchObject({ verdict: "look", news: [{ count: 3, command: "httpd" }] });
    expect((await days.look(says(`mode\tEnforcing\nby\tausearch\n${row}end\n`))).verdict).toBe(
      "ok",
    );
    expect((await days.look(says(`mode\tPermissive\nby\tausearch\n${row}end\n`))).text).toContain(
      "is Permissive",
    );
    await expect(days.look(says("mode\t\nby\tnothing\nend\n"))).rejects.toThrow("neither ausearch");
  });
});
