import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import advisories from "../../scripts/advisories.ts";
import deletedLibs from "../../scripts/deleted-libs.ts";
import fail2ban from "../../scripts/fail2ban.ts";
import jailLogs from "../../scripts/jail-logs.ts";
import listeners from "../../scripts/listeners.ts";
import logwatch from "../../scripts/logwatch.ts";
import probes from "../../scripts/probes.ts";
import { hostFolder } from "../codec/host-shells.ts";
import { Days } from "./daily-kit.ts";

const NOW = 1_800_000_000_000;
const HOUR = 3_600_000;

describe("listeners", () => {
  const ss = (...lines: string[]) => ({
    answers: {
      listeners: `by\tss\n${lines.map((line) => `line\t${line}\n`).join("")}end\n`,
    },
  });
  const SSHD = 'tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=1,fd=3))';
  const NC = 'tcp LISTEN 0 1 0.0.0.0:4444 0.0.0.0:* users:(("nc",pid=2,fd=3))';
  const MAIL = "tcp LISTEN 0 1 127.0.0.1:25 0.0.0.0:*";

  it("what is not allowed is to be acted upon, every day", async () => {
    const days = new Days(listeners);
    const set = { allow: "tcp/22=sshd,udp/68" };
    expect(await days.look({ ...ss(SSHD, MAIL), set })).toMatchObject({ verdict: "ok", news: [] });
    for (const _ of [1, 2]) {
      const { verdict, text, news } = await days.look({ ...ss(SSHD, NC), set });
      expect([verdict, news]).toEqual([
        "act",
        [{ change: "not allowed", listener: "tcp/0.0.0.0:4444", program: "nc" }],
      ]);
      expect(text).toContain("1 not allowed");
    }
  });

  it("without an allow-list, what is new and what is gone is to be looked at once", async () => {
    const days = new Days(listeners);
    expect((await days.look(ss(SSHD))).verdict).toBe("ok");
    expect(await days.look(ss(SSHD, NC))).toMatchObject({
      verdict: "look",
      news: [{ change: "new" }],
    });
    expect((await days.look(ss(SSHD, NC))).verdict).toBe("ok");
    expect(await days.look(ss(NC))).toMatchObject({
      verdict: "look",
      news: [{ change: "gone", listener: "tcp/0.0.0.0:22", program: "sshd" }],
    });
  });

  it("is never ok where the answer cannot be believed", async () => {
    const days = new Days(listeners);
    expect((await days.look(ss("nonsense"))).verdict).toBe("look");
    const cut = days.look({ answers: { listeners: "by\tss\n" } });
    await expect(cut).rejects.toThrow("its answer is not whole");
    const none = days.look({ answers: { listeners: "by\tnothing\n" } });
    await expect(none).rejects.toThrow("neither ss");
    await expect(days.look({ ...ss(SSHD), set: { allow: "22" } })).rejects.toThrow('"22" in allow');
  });
});

describe("deleted-libs", () => {
  const FILES = "files that are gone";
  const AFTER = `${FILES}, after the restarts`;
  const gone = (...rows: string[]) =>
    `${rows.map((row) => `gone\t${row}\n`).join("")}by\tmaps\nend\n`;
  const NGINX = "20\t0::/system.slice/nginx.service\t/lib/libssl.so.3\tnginx";
  const GETTY = "21\t0::/system.slice/serial-getty@ttyS0.service\t/lib/libssl.so.3\tagetty";

  it("names what to restart, and restarts nothing", async () => {
    const look = await new Days(deletedLibs).look({ answers: { [FILES]: gone(NGINX, GETTY) } });
    expect(look).toMatchObject({ verdict: "act", acts: [], ran: [] });
    expect(look.text).toBe("restart needed: 1 to restart, 1 other programs");
  });

  it("restart=true restarts services alone, and proves it", async () => {
    const look = await new Days(deletedLibs).look({
      answers: { [FILES]: gone(NGINX, GETTY), [AFTER]: gone(GETTY) },
      set: { restart: "true" },
    });
    expect(look.acts).toEqual(["restart nginx.service"]);
    expect(look.ran).toEqual([
      "systemctl restart 'nginx.service'",
      "systemctl is-active --quiet 'nginx.service'",
    ]);
    expect(look).toMatchObject({ verdict: "look", text: "deleted files run: 1 other programs" });
  });

  it("a service that runs them still, or is down, is a failure", async () => {
    const still = { [FILES]: gone(NGINX), [AFTER]: gone(NGINX) };
    const set = { restart: "true" };
    await expect(new Days(deletedLibs).look({ answers: still, set })).rejects.toThrow(
      "nginx.service runs deleted files still",
    );
    const answers = { [FILES]: gone(NGINX), [AFTER]: gone() };
    const statuses = { "systemctl is-active": 3 };
    await expect(new Days(deletedLibs).look({ answers, set, statuses })).rejects.toThrow(
      "nginx.service is not active after its restart",
    );
  });

  it("a dry run lists the restarts; the C library wants a reboot", async () => {
    const answers = { [FILES]: gone(NGINX) };
    const look = await new Days(deletedLibs).look({
      answers,
      set: { restart: "true" },
      dryRun: true,
    });
    expect([look.acts, look.ran]).toEqual([["restart nginx.service"], []]);
    const libc = gone("20\t0::/system.slice/nginx.service\t/lib/x86_64-linux-gnu/libc.so.6\tnginx");
    expect((await new Days(deletedLibs).look({ answers: { [FILES]: libc } })).text).toMatch(
      /^reboot needed/,
    );
  });
});

describe("fail2ban", () => {
  const status = (...jails: string[]) => ({
    answers: {
      "fail2ban status": `${jails.map((jail) => `jail\t${jail}\ntotal-banned\t${jail}\t1\nbanned\t${jail}\t192.0.2.7\n`).join("")}end\n`,
    },
  });

  it("a jail of yesterday that is gone is an alarm until it is back", async () => {
    const days = new Days(fail2ban);
    expect((await days.look(status("sshd", "nginx"))).verdict).toBe("ok");
    for (const _ of [1, 2])
      expect(await days.look(status("sshd"))).toMatchObject({
        verdict: "act",
        news: [{ change: "DOWN", jail: "nginx" }],
      });
    const back = await days.look(status("sshd", "nginx"));
    expect(back).toMatchObject({ verdict: "ok", news: [{ change: "banned", jail: "nginx" }] });
  });

  it("a server that is down, without jails, or absent, is never ok", async () => {
    const days = new Days(fail2ban);
    const says = (text: string) => days.look({ answers: { "fail2ban status": text } });
    expect(await says("down\tno socket\nend\n")).toMatchObject({ verdict: "act" });
    expect(await says("end\n")).toMatchObject({
      verdict: "act",
      text: "0 jails up, 0 addresses banned",
    });
    await expect(says("absent\nend\n")).rejects.toThrow("there is no fail2ban-client");
    await expect(says("jail\tsshd\n")).rejects.toThrow("not whole");
    const set = { jails: "sshd" };
    expect((await days.look({ ...status("nginx"), set })).news).toContainEqual({
      ...{ change: "DOWN", jail: "sshd", address: "" },
    });
  });
});

describe("probes", () => {
  const file = `${hostFolder({ "known-good": "^/$\n" })}/known-good`;
  const found =
    "log\t/var/log/nginx/access.log\ntotal\t9\t0\nprobe\t1\t1\t200\tGET\t1\t192.0.2.7\t/.env\nkinds\t1\nend\n";

  it("puts the patterns where they are not, once, and asks again", async () => {
    const look = await new Days(probes).look({
      set: { "known-good": file },
      answers: { "web logs": "need\nend\n", "web logs, with the patterns there": found },
    });
    expect(look.acts).toEqual(["put 1 known-good patterns into /var/lib/oob/known-good"]);
    expect(look.put).toEqual({ "/var/lib/oob/known-good": "^/\t\n" });
    expect(look).toMatchObject({ verdict: "look", news: [{ status: "200", path: "/.env" }] });
  });

  it("what was answered yesterday is no news today; a dry run puts nothing there", async () => {
    const days = new Days(probes);
    const set = { "known-good": file };
    expect((await days.look({ set, answers: { "web logs": found } })).verdict).toBe("look");
    expect(await days.look({ set, answers: { "web logs": found } })).toMatchObject({
      verdict: "ok",
      news: [],
    });
    const dry = await days.look({ set, dryRun: true, answers: { "web logs": "need\nend\n" } });
    expect(dry).toMatchObject({ verdict: "look", put: {} });
  });

  it("what could not be read is a failure", async () => {
    const says = (text: string, set = {}) =>
      new Days(probes).look({ set, answers: { "web logs": text } });
    await expect(says("end\n")).rejects.toThrow("no access log");
    await expect(says("log\ta\ntotal\t9\t9\nkinds\t0\nend\n")).rejects.toThrow(
      "9 of 9 lines are not",
    );
    await expect(says("log\ta\nunread\ta\ntotal\t0\t0\nkinds\t0\nend\n")).rejects.toThrow(
      '"a" cannot be read',
    );
    await expect(says("bad-patterns\nend\n", { "known-good": file })).rejects.toThrow(
      "does not understand",
    );
    await expect(says(found, { logs: "/x;reboot" })).rejects.toThrow("is no path");
    await expect(says(found, { "known-good": "/nowhere" })).rejects.toThrow("cannot be read");
  });
});

describe("logwatch", () => {
  const kinds = (...texts: string[]) => ({
    answers: {
      "logs of a day": `by\tjournal\n${texts.map((text) => `kind\t3\t${text}\n`).join("")}total\t9\nkinds\t${texts.length}\nend\n`,
    },
  });
  it("tells messages of a new kind, trouble first", async () => {
    const days = new Days(logwatch);
    expect((await days.look(kinds("cron: run"))).verdict).toBe("ok");
    const look = await days.look(kinds("cron: run", "new: hello", "kernel: I/O error, dev vda"));
    expect(look.verdict).toBe("look");
    expect(look.news.map(({ message }) => message)).toEqual([
      "kernel: I/O error, dev vda",
      "new: hello",
    ]);
    expect((await days.look(kinds("cron: run", "kernel: I/O error, dev vda"))).verdict).toBe("ok");
    await expect(days.look({ answers: { "logs of a day": "by\tnothing\nend\n" } })).rejects.toThrow(
      "neither",
    );
  });
});

describe("jail-logs", () => {
  const logs = (text: string) => ({ answers: { "logs of jails": text } });
  const WEB =
    "jail\tweb\t/proc/7/root\nfile\tweb\tsyslog\t12\t99\t0\nl\tweb\thello\nl\tweb\tdisk failure\nend\n";
  it("asks for what is new, tells trouble, links and jails that are gone", async () => {
    const days = new Days(jailLogs);
    expect(await days.look(logs(WEB))).toMatchObject({
      verdict: "look",
      text: "1 jails, 2 new lines in 1 logs: 1 lines of trouble",
    });
    let asked = "";
    const again = await days.look({
      answers: {
        "logs of jails": (script) => {
          asked = script;
          return "jail\tdb\t/proc/9/root\nlink\tdb\tvar/log\nend\n";
        },
      },
    });
    expect(asked).toContain("P='web syslog 12 99'");
    expect(again.verdict).toBe("act");
    expect(again.news.map(({ what, jail }) => `${jail} ${what}`)).toEqual([
      "web is not there",
      "db a symbolic link, not followed",
    ]);
  });
  it("says that there are none, and not that all is well", async () => {
    expect(await new Days(jailLogs).look(logs("end\n"))).toMatchObject({
      verdict: "look",
      text: "0 jails, 0 new lines in 0 logs",
    });
  });
  it("takes no names that are none", async () => {
    await expect(new Days(jailLogs).look({ ...logs(WEB), set: { files: "../x" } })).rejects.toThrow(
      "is no name",
    );
    await expect(new Days(jailLogs).look({ ...logs(WEB), set: { jails: "$(x)" } })).rejects.toThrow(
      "is no name",
    );
  });
});

describe("advisories", () => {
  const osv = (id: string, fixed: string | undefined, name = "openssl") => ({
    id,
    modified: "2026-01-01T00:00:00Z",
    affected: [
      {
        package: { ecosystem: "Debian:12", name },
        ranges: [
          { type: "ECOSYSTEM", events: [{ introduced: "0" }, ...(fixed ? [{ fixed }] : [])] },
        ],
      },
    ],
    severity: [{ type: "CVSS_V3", score: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" }],
  });
  const feedFolder = (files: Readonly<Record<string, unknown>>, age = HOUR): string => {
    const folder = hostFolder({});
    mkdirSync(`${folder}/osv`);
    for (const [name, content] of Object.entries(files)) {
      const text = typeof content === "string" ? content : JSON.stringify(content);
      writeFileSync(`${folder}/${name}`, text);
      utimesSync(`${folder}/${name}`, (NOW - age) / 1000, (NOW - age) / 1000);
    }
    return folder;
  };
  const OS = "os\t\tdpkg\tdebian\t12\tbookworm\n";
  const TAIL = "running\t6.1.0-1-amd64\t#1 Debian 6.1.4-1\nkernel\t6.1.0-1-amd64\nend\n";
  const list = (version: string) =>
    `${OS}p\t3\tlibssl3\t${version}\topenssl\t\t\nsum\t3\t7${version.length}\nall\t1\n${TAIL}`;
  const look = (days: Days, feeds: string, text: string) =>
    days.look({ now: NOW, set: { feeds }, answers: { "package list": text } });

  it("what an upgrade mends is to be acted upon; the day after nothing is new", async () => {
    const feeds = feedFolder({
      "osv/a.json": osv("DSA-1", "3.0.11-1"),
      "osv/b.json": osv("DSA-2", undefined),
      "osv/c.json": osv("DSA-3", "1", "unrelated"),
    });
    const days = new Days(advisories);
    const first = await look(days, feeds, list("3.0.9-1"));
    expect(first).toMatchObject({ verdict: "act", news: [] });
    expect(first.text).toBe("1 packages, advisories: 1 an upgrade mends, 1 not mended yet");
    const same = `${OS}sum\t3\t77\nall\t1\n${TAIL}`;
    expect((await look(days, feeds, same)).text).toBe(first.text);
    const mended = await look(days, feeds, list("3.0.11-1+b1"));
    expect(mended).toMatchObject({ verdict: "ok" });
    expect(mended.text).toContain("1 not mended yet");
  });

  it("Debian's tracker and VuXML are read in pieces, by their contents", async () => {
    const tracker = {
      openssl: {
        "CVE-1": { releases: { bookworm: { status: "resolved", fixed_version: "3.1" } } },
      },
    };
    const feeds = feedFolder({ "data.json": tracker, "README.txt": "x" });
    const told = await look(new Days(advisories), feeds, list("3.0.9-1"));
    expect(told).toMatchObject({ verdict: "look" });
    const vuxml = `<?xml version="1.0"?>\n<vuxml xmlns="http://www.vuxml.org/apps/vuxml-1">${'<vuln vid="0f445859-0a0e"><topic>x</topic><affects><package><name>curl</name><range><lt>8.1</lt></range></package></affects></vuln>'.repeat(3)}</vuxml>\n`;
    const bsd = feedFolder({ "vuln.xml": vuxml });
    const text = `os\t\tpkg\tfreebsd\t14.0\t\np\t1\tcurl\t8.0\t\t\t\nsum\t1\t5\nall\t1\nrunning\t14.0-RELEASE\t\nkernel\t14.0-RELEASE-p1\nend\n`;
    const found = await look(new Days(advisories), bsd, text);
    expect(found.text).toBe(
      "1 packages, advisories: 1 an upgrade mends; kernel 14.0-RELEASE-p1 waits for a boot",
    );
  });

  it("a feed that is old, damaged or of another system is never ok", async () => {
    const days = () => new Days(advisories);
    const old = await look(
      days(),
      feedFolder({ "osv/a.json": osv("DSA-1", "1") }, 80 * HOUR),
      list("3"),
    );
    expect(old).toMatchObject({ verdict: "look", news: [{ what: "the OSV feed is 3d old" }] });
    const broken = feedFolder({
      "osv/a.json": osv("DSA-1", "1"),
      "osv/b.json": "{",
      "all.zip": "PK",
    });
    expect(await look(days(), broken, list("3"))).toMatchObject({ verdict: "look" });
    await expect(look(days(), feedFolder({}), list("3"))).rejects.toThrow(
      "no feed speaks of the host (debian 12)",
    );
    await expect(look(days(), "/nowhere", list("3"))).rejects.toThrow(
      'Cannot read the feeds in "/nowhere"',
    );
  });

  it("a list that does not add up is asked for whole, once", async () => {
    const feeds = feedFolder({ "osv/a.json": osv("DSA-1", "1") });
    const answers = {
      "package list": `${OS}sum\t3\t9\nall\t1\n${TAIL}`,
      "package list, whole": list("3.0.9-1"),
    };
    expect((await new Days(advisories).look({ now: NOW, set: { feeds }, answers })).text).toContain(
      "1 packages",
    );
    const never = { ...answers, "package list, whole": "end\n" };
    await expect(
      new Days(advisories).look({ now: NOW, set: { feeds }, answers: never }),
    ).rejects.toThrow("its package list is not whole");
  });
});
