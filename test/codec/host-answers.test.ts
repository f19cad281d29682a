/** What our scripts get out of hosts of all kinds, in three shells, and what the parsers make of it. */
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { avcScript, readDenials } from "../../src/codec/avc-records.ts";
import { readDeletedLibs } from "../../src/codec/deleted-libs.ts";
import { FAIL2BAN_SCRIPT, readBanStatus } from "../../src/codec/fail2ban-status.ts";
import { readListeners } from "../../src/codec/host-listeners.ts";
import { readJails } from "../../src/codec/jail-list.ts";
import { readJailLogs } from "../../src/codec/jail-logs.ts";
import { isTrouble, logSummaryScript, readLogSummary } from "../../src/codec/log-summary.ts";
import { packagesScript, readPackages } from "../../src/codec/package-list.ts";
import {
  isLogPattern,
  knownGoodPatterns,
  probesScript,
  readProbes,
} from "../../src/codec/web-probes.ts";
import { hostFolder, runInShell, shellNames } from "./host-shells.ts";

const now = new Date();
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const two = (number: number): string => String(number).padStart(2, "0");
/** As the host's own date says it: both run in the zone of this process. */
const clf = `${two(now.getDate())}/${MONTHS[now.getMonth()]}/${now.getFullYear()}`;
const rfc3164 = `${MONTHS[now.getMonth()]} ${String(now.getDate()).padStart(2, " ")}`;

describe.each(shellNames)("in %s", (shell) => {
  it("fail2ban: jails, bans, one that does not answer", () => {
    const bin = hostFolder({
      "bin/fail2ban-client": `#!/bin/sh
case "$*" in
status) printf 'Status\\n|- Number of jail:\\t3\\n\`- Jail list:\\tnginx-http-auth, sshd, $(reboot)\\n';;
'status sshd') printf 'Status for the jail: sshd\\n|- Filter\\n|  |- Currently failed:\\t3\\n|  |- Total failed:\\t912\\n|  \`- File list:\\t/var/log/auth.log\\n\`- Actions\\n   |- Currently banned:\\t2\\n   |- Total banned:\\t77\\n   \`- Banned IP list:\\t192.0.2.7 2001:db8::9\\n';;
*) echo 'Sorry but the jail does not exist' >&2; exit 255;;
esac
`,
    });
    const status = readBanStatus(runInShell(shell, FAIL2BAN_SCRIPT, `${bin}/bin`));
    expect(status).toEqual({
      is: "up",
      fault: "",
      cut: false,
      jails: [
        { name: "nginx-http-auth", mute: true, failed: 0, totalBanned: 0, banned: [] },
        {
          name: "sshd",
          mute: false,
          failed: 3,
          totalBanned: 77,
          banned: ["192.0.2.7", "2001:db8::9"],
        },
      ],
    });
  });

  it("fail2ban: a server that is down says why; a host without it says that", () => {
    const down = hostFolder({
      "bin/fail2ban-client":
        "#!/bin/sh\necho 'Failed to access socket path. Is fail2ban running?'\nexit 255\n",
    });
    expect(readBanStatus(runInShell(shell, FAIL2BAN_SCRIPT, `${down}/bin`))).toMatchObject({
      is: "down",
      fault: "Failed to access socket path. Is fail2ban running?",
      cut: false,
    });
    expect(readBanStatus(runInShell(shell, FAIL2BAN_SCRIPT))).toMatchObject({
      is: "absent",
      cut: false,
    });
  });

  const denial = (comm: string, more = "") =>
    `type=AVC msg=audit(1700000000.123:456): avc:  denied  { read write } for  pid=812 comm=${comm} name="shadow" dev="sda1" ino=1 scontext=system_u:system_r:httpd_t:s0 tcontext=system_u:object_r:shadow_t:s0 tclass=file permissive=0${more}\n`;

  it("avc: groups by types, class, permission and command; hexadecimal names are read", () => {
    const host = hostFolder({
      "audit/audit.log": `${denial('"httpd"').repeat(3)}type=SYSCALL msg=audit(1): x\n${denial("68747470640A64")}type=USER_AVC msg=audit(2): pid=1 uid=0 subj=x msg='avc:  denied  { start } for auid=0 scontext=u:r:user_t:s0 tcontext=u:object_r:unit_t:s0 tclass=service'\n${"z".repeat(1_000_000)}\n`,
      "bin/getenforce": "#!/bin/sh\necho Permissive\n",
    });
    const found = readDenials(runInShell(shell, avcScript(`${host}/audit`), `${host}/bin`));
    expect(found).toMatchObject({ by: "audit.log", mode: "Permissive", cut: false });
    expect(
      found.denials.map((one) => [
        one.count,
        one.source,
        one.target,
        one.class,
        one.permissions,
        one.command,
      ]),
    ).toEqual([
      [3, "httpd_t", "shadow_t", "file", "read write", "httpd"],
      [1, "user_t", "unit_t", "service", "start", ""],
      [1, "httpd_t", "shadow_t", "file", "read write", "httpd?d"],
    ]);
  });

  const hit = (path: string, status: number, address = "192.0.2.7") =>
    `${address} - - [${clf}:01:02:03 +0000] "GET ${path} HTTP/1.1" ${status} 153 "-" "curl/8 \u001b[2J"\n`;
  const patterns = knownGoodPatterns("# ours\n\n^/$\n^/static/\n\\.css$\n");
  const known = "patterns" in patterns ? patterns.patterns : "";
  const sha256 = createHash("sha256").update(known).digest("hex");

  it("probes: answered ones first, packed logs too, known-good ones left out on the host", () => {
    const host = hostFolder({
      "known-good": known,
      "log/access.log": `${hit("/", 200)}${hit("/static/a.js", 200)}${hit("/x.css", 200)}${hit("/.env", 200)}${hit("/wp-login.php", 404).repeat(5)}198.51.100.1 - - [01/Jan/2001:00:00:00 +0000] "GET /old HTTP/1.1" 200 1\n${"A".repeat(1_000_000)}\n`,
      "log/access.log.1.gz": gzipSync(
        `${hit("/.env", 200, "198.51.100.9")}${hit("/wp-login.php", 404)}[${clf} no request\n`,
      ),
    });
    const logs = [`${host}/log/access*`];
    const knownGood = { path: `${host}/known-good`, sha256 };
    const found = readProbes(runInShell(shell, probesScript({ logs, knownGood })));
    expect(found).toMatchObject({
      wants: undefined,
      lines: 12,
      bad: 1,
      kinds: 2,
      unread: [],
      cut: false,
    });
    expect(
      found.probes.map(({ path, status, count, addresses }) => [path, status, count, addresses]),
    ).toEqual([
      ["/.env", "200", 2, 2],
      ["/wp-login.php", "404", 6, 1],
    ]);
    const other = { path: knownGood.path, sha256: "0".repeat(64) };
    expect(readProbes(runInShell(shell, probesScript({ logs, knownGood: other })))).toMatchObject({
      wants: "known-good",
      lines: 0,
    });
    expect(readProbes(runInShell(shell, probesScript({ logs: ["/nowhere/*"] })))).toMatchObject({
      logs: [],
      cut: false,
    });
  });

  it("probes: a log that is no gzip, and patterns that are no patterns, are said", () => {
    const host = hostFolder({ "log/access.log.2.gz": "not packed", "known-good": "(\n" });
    const logs = [`${host}/log/access*`];
    expect(readProbes(runInShell(shell, probesScript({ logs }))).unread).toEqual([
      `${host}/log/access.log.2.gz`,
    ]);
    const bad = {
      path: `${host}/known-good`,
      sha256: createHash("sha256").update("(\n").digest("hex"),
    };
    expect(readProbes(runInShell(shell, probesScript({ logs, knownGood: bad }))).wants).toBe(
      "other patterns",
    );
  });

  it("logs: what differs in digits alone is one kind; old days and bytes of zero are left out", () => {
    const host = hostFolder({
      "log/syslog": `${[1, 2, 3].map((n) => `${rfc3164} 01:02:0${n} h sshd[${n}]: Failed password from 192.0.2.${n} port 4${n}\n`).join("")}${now.toISOString()} h kernel: EXT4-fs error (device vda1): x\u0000\u001b[2J\nJan  1 00:00:00 h old: old\n${rfc3164} 01:02:03 h long: ${"A".repeat(1_000_000)}\n`,
    });
    // Between the days' zones: the host's date is this process's.
    const found = readLogSummary(runInShell(shell, logSummaryScript("own", `${host}/log`)));
    expect(found).toMatchObject({ by: `${host}/log/syslog`, cut: false });
    expect(found.messages[0]).toEqual({ count: 3, text: "sshd: Failed password from # port #" });
    expect(found.messages.map(({ text }) => text).filter(isTrouble)).toHaveLength(2);
    expect(found.messages.some(({ text }) => text.startsWith("old"))).toBe(
      rfc3164 === "Jan  1" || rfc3164 === "Jan  2",
    );
  });

  it("logs: logwatch's sections are kept apart", () => {
    const host = hostFolder({
      "bin/logwatch": `#!/bin/sh
cat <<'E'

 ################### Logwatch 7.7 (07/22/22) ####################
 --------------------- Kernel Begin ------------------------ 

 WARNING:  Kernel Errors Present

 ---------------------- Kernel End ------------------------- 
 --------------------- SSHD Begin ------------------------ 
 Users logging in through sshd:
    root: 3 times
 ---------------------- SSHD End ------------------------- 
E
`,
    });
    const found = readLogSummary(runInShell(shell, logSummaryScript("auto"), `${host}/bin`));
    expect(found).toMatchObject({ by: "logwatch", cut: false });
    expect(found.sections).toEqual([
      { title: "Kernel", text: "WARNING:  Kernel Errors Present" },
      { title: "SSHD", text: "Users logging in through sshd:\n    root: 3 times" },
    ]);
  });

  const status = (version: string) =>
    `Package: libssl3\nStatus: install ok installed\nSource: openssl\nVersion: ${version}\n\nPackage: gone\nStatus: deinstall ok config-files\nVersion: 1\n\nPackage: linux-image-6.1.0-1-amd64\nStatus: install ok installed\nSource: linux-signed-amd64 (6.1.4+1)\nVersion: 6.1.4-1\n\n`;
  const debian = (version: string) =>
    hostFolder({
      "var/lib/dpkg/status": `${status(version)}${Array.from({ length: 300 }, (_, n) => `Package: p${n}\nStatus: install ok installed\nVersion: ${n}\n`).join("\n")}\n`,
      "etc/os-release": 'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n',
      "boot/vmlinuz-6.1.0-1-amd64": "",
    });

  it("packages: a whole list, then what changed alone", () => {
    const first = readPackages(runInShell(shell, packagesScript({}, false, debian("3.0.1-1"))), {});
    expect(first).toMatchObject({ damaged: false, kernels: ["6.1.0-1-amd64"] });
    expect(first.systems).toEqual([
      { jail: "", packager: "dpkg", id: "debian", version: "12", codename: "bookworm" },
    ]);
    expect(first.packages).toHaveLength(302);
    expect(first.packages).toContainEqual({
      ...{ jail: "", name: "linux-image-6.1.0-1-amd64", version: "6.1.4-1" },
      ...{ source: "linux-signed-amd64", sourceVersion: "6.1.4+1" },
    });
    const sums = Object.fromEntries(
      Object.entries(first.drawers).map(([key, { sum }]) => [key, sum]),
    );
    const text = runInShell(shell, packagesScript(sums, false, debian("3.0.2-1")));
    expect(text.match(/^p\t/gm)?.length).toBeLessThan(20);
    const second = readPackages(text, first.drawers);
    expect(second.damaged).toBe(false);
    expect(second.packages.find(({ name }) => name === "libssl3")).toMatchObject({
      version: "3.0.2-1",
      source: "openssl",
      sourceVersion: "3.0.2-1",
    });
    // Yesterday's list was another one than the host was told of.
    expect(readPackages(text, {}).damaged).toBe(true);
    expect(readPackages(text.replace(/end\n$/, ""), first.drawers).damaged).toBe(true);
  });

  it("packages: Alpine's, by their origin", () => {
    const host = hostFolder({
      "lib/apk/db/installed":
        "C:Q1\nP:libcrypto3\nV:3.1.4-r5\no:openssl\n\nP:musl\nV:1.2.4-r2\no:musl\n\n",
      "etc/os-release": "ID=alpine\nVERSION_ID=3.18.4\n",
    });
    const list = readPackages(runInShell(shell, packagesScript({}, false, host)), {});
    expect(list.systems).toMatchObject([{ packager: "apk", id: "alpine", version: "3.18.4" }]);
    expect(
      list.packages
        .map(({ name, version, source }) => [name, version, source])
        .sort(([a = ""], [b = ""]) => (a < b ? -1 : 1)),
    ).toEqual([
      ["libcrypto3", "3.1.4-r5", "openssl"],
      ["musl", "1.2.4-r2", "musl"],
    ]);
  });
});

describe("knownGoodPatterns()", () => {
  it("refuses what would cover everything", () => {
    for (const pattern of ["^/", "/", ".*", "^", "^.*", "^/.*"])
      expect(knownGoodPatterns(`^/ok$\n${pattern}\n`), pattern).toHaveProperty("wrong");
    expect(knownGoodPatterns("a\u0007b")).toHaveProperty("wrong");
    expect(knownGoodPatterns("x".repeat(600))).toHaveProperty("wrong");
  });

  it("takes $ for the end of the path, and \\$ for the sign", () => {
    expect(knownGoodPatterns("^/a$|^/b($|\\?)\n^/\\$x$\n")).toEqual({
      patterns: "^/a\t|^/b(\t|\\?)\n^/\\$x\t\n",
    });
  });
});

test.each(["/var/log/x*", "/a/b?.log"])("isLogPattern(%j)", (path) => {
  expect(isLogPattern(path)).toBe(true);
});
test.each(["x", "/a b", "/$(x)", "/a/../b", "/a;b", "/", ""])("isLogPattern(%j) is not", (path) => {
  expect(isLogPattern(path)).toBe(false);
});

test("whatever a host says, no reader throws, and nothing unprintable comes through", () => {
  const word = fc.oneof(
    fc.string({ unit: "binary", maxLength: 20 }),
    fc.constantFrom(
      "by",
      "end",
      "gone",
      "line",
      "probe",
      "total",
      "p",
      "sum",
      "all",
      "os",
      "jail",
      "banned",
      "avc",
      "lw",
      "ss",
      "\t",
      "\n",
      "1",
      "file",
      "l",
    ),
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 60 }), (words) => {
      const text = words.join("");
      const read = [
        readBanStatus(text),
        readDenials(text),
        readProbes(text),
        readLogSummary(text),
        readPackages(text, {}),
        readListeners(text),
        readDeletedLibs(text),
        readJails(text),
        readJailLogs(text),
      ];
      const said = JSON.stringify(read, (_, value: unknown) =>
        typeof value === "string" ? value.replaceAll("\n", " ") : value,
      );
      expect(said).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]|\\u00[01]/);
    }),
    { numRuns: 1000 },
  );
});
