import { describe, expect, it, test } from "vitest";
import {
  authLinesScript,
  countAttempts,
  readAuthLine,
  readAuthText,
} from "../../src/codec/auth-lines.ts";
import { blockScript, isBlocked, readBlocked } from "../../src/codec/firewall-block.ts";
import { chooseBlocks } from "../../src/codec/guard-choice.ts";
import { networkText, readNetwork } from "../../src/codec/ip-networks.ts";
import { hostFolder, runInShell, shellNames } from "./host-shells.ts";

const HEAD = "Nov 23 01:02:03 web1 sshd[812]: ";

// OpenSSH 9.2 on Debian 12.
test.each([
  ["Failed password for root from 192.0.2.7 port 40022 ssh2", "failed", "192.0.2.7"],
  ["Failed password for invalid user admin from 2001:db8::9 port 1 ssh2", "failed", "2001:db8::9"],
  ["Failed publickey for root from 192.0.2.7 port 1 ssh2: RSA SHA256:abc", "failed", "192.0.2.7"],
  ["Invalid user  from 192.0.2.7 port 40022", "failed", "192.0.2.7"],
  [
    "error: maximum authentication attempts exceeded for root from 192.0.2.7 port 1 ssh2 [preauth]",
    "failed",
    "192.0.2.7",
  ],
  [
    "Accepted publickey for root from ::ffff:192.0.2.7 port 5 ssh2: ED25519 SHA256:x",
    "accepted",
    "192.0.2.7",
  ],
])("readAuthLine() of %j", (said, is, from) => {
  const line = readAuthLine(HEAD + said);
  expect(line && [line.is, networkText(line.from)]).toEqual([is, from]);
});

test.each([
  "Connection closed by 192.0.2.7 port 1 [preauth]",
  "Failed password for root from $(reboot) port 1 ssh2",
  "pam_unix(sshd:auth): authentication failure; rhost=192.0.2.7",
])("readAuthLine() leaves %j alone", (said) => {
  expect(readAuthLine(HEAD + said)).toBeUndefined();
});

test("a user name that looks like a line of sshd blames nobody else", () => {
  const name = "x from 198.51.100.1 port 1 ssh2";
  for (const said of [
    `Failed password for invalid user ${name} from 192.0.2.7 port 2 ssh2`,
    `Invalid user ${name} from 192.0.2.7 port 2`,
    `Failed password for invalid user ${name}: RSA from 192.0.2.7 port 2 ssh2`,
  ])
    expect(networkText(readAuthLine(HEAD + said)!.from)).toBe("192.0.2.7");
  const quoted =
    "Nov 23 01:02:03 web1 cron[1]: sshd: Failed password for root from 192.0.2.7 port 2 ssh2";
  expect(readAuthLine(quoted)).toBeUndefined();
});

const tries = (address: string, count: number, is: "Failed" | "Accepted" = "Failed") =>
  Array.from(
    { length: count },
    (_, n) => `${HEAD}${is} password for root from ${address} port ${n + 1} ssh2`,
  );
const net = (text: string) => readNetwork(text)!;
const LIMITS = { perAddress: 5, perNetwork: 12, room: 20 };
const names = (list: readonly { network: Parameters<typeof networkText>[0] }[]) =>
  list.map(({ network }) => networkText(network));

describe("chooseBlocks()", () => {
  it("takes those at the threshold, and the network of many", () => {
    const counts = countAttempts([
      ...tries("192.0.2.7", 5),
      ...tries("192.0.2.8", 4),
      ...[1, 2, 3, 4].flatMap((n) => tries(`198.51.100.${n}`, 4)),
      ...tries("2001:db8::1", 9),
    ]);
    const choice = chooseBlocks(counts, LIMITS, [], []);
    expect(names(choice.block)).toEqual(["198.51.100.0/24", "2001:db8::1", "192.0.2.7"]);
  });

  it("never takes who must not be blocked, nor a network around them", () => {
    const counts = countAttempts([
      ...tries("192.0.2.7", 50),
      ...[1, 2, 3].flatMap((n) => tries(`198.51.100.${n}`, 20)),
    ]);
    const never = [net("192.0.2.0/28"), net("198.51.100.200")];
    const choice = chooseBlocks(counts, LIMITS, never, []);
    expect(names(choice.block)).toEqual(["198.51.100.1", "198.51.100.2", "198.51.100.3"]);
    expect(names(choice.never)).toEqual(["192.0.2.7"]);
  });

  it("does not lock out who got in, and says so", () => {
    const counts = countAttempts([...tries("192.0.2.7", 9), ...tries("192.0.2.7", 1, "Accepted")]);
    const choice = chooseBlocks(counts, LIMITS, [], []);
    expect(choice.block).toEqual([]);
    expect(names(choice.gotIn)).toEqual(["192.0.2.7"]);
  });

  it("blocks no more than there is room for, and nobody twice", () => {
    const counts = countAttempts(
      Array.from({ length: 100 }, (_, n) => tries(`10.${n}.0.1`, 9)).flat(),
    );
    const choice = chooseBlocks(
      counts,
      { ...LIMITS, room: 3 },
      [],
      [net("10.5.0.1"), net("10.6.0.0/16")],
    );
    expect(choice.block).toHaveLength(3);
    expect(choice.already).toHaveLength(2);
    expect(choice.held).toHaveLength(95);
    expect(chooseBlocks(counts, { ...LIMITS, room: -2 }, [], []).block).toEqual([]);
  });

  it("counts Invalid user and the Failed that follows it once", () => {
    const pair = [
      `${HEAD}Invalid user a from 192.0.2.7 port 1`,
      `${HEAD}Failed password for invalid user a from 192.0.2.7 port 1 ssh2`,
    ];
    expect(countAttempts([...pair, ...pair])).toMatchObject([{ failed: 2 }]);
  });
});

describe.each(shellNames)("in %s", (shell) => {
  it("authLinesScript() sends sshd's lines of today alone", () => {
    const now = new Date();
    const day = now.toISOString();
    const host = hostFolder({
      "log/auth.log": `${day} h sshd[1]: Failed password for root from 192.0.2.7 port 1 ssh2\n2001-01-01T00:00:00Z h sshd[1]: Failed password for root from 192.0.2.8 port 1 ssh2\n${day} h cron[2]: x from y\n${day} h sshd[1]: ${"x".repeat(1_000_000)} from y\n`,
    });
    const read = readAuthText(runInShell(shell, authLinesScript(3600, `${host}/log`)));
    expect(read).toMatchObject({ by: "log", cut: false });
    expect(countAttempts(read?.lines ?? []).map(({ from }) => networkText(from))).toEqual([
      "192.0.2.7",
    ]);
    expect(Math.max(...(read?.lines ?? []).map((line) => line.length))).toBeLessThanOrEqual(600);
    expect(readAuthText(runInShell(shell, authLinesScript(3600, "/nowhere")))).toBeUndefined();
  });

  it("blockScript() gives nft sets with a time, and pf a table", () => {
    const bin = hostFolder({
      "bin/nft": '#!/bin/sh\ncase "$1" in list) exit 1;; esac\ncat\n',
      "bin/pfctl": '#!/bin/sh\necho "pfctl $*"\n',
    });
    const networks = [
      net("192.0.2.7"),
      net("198.51.100.0/24"),
      net("2001:db8::1"),
      net("2001:db8:1::/64"),
    ];
    const nft = runInShell(shell, blockScript("nft", networks, 3600), `${bin}/bin`);
    expect(nft).toContain("ip saddr @a4 drop");
    expect(nft.match(/^add .*/gm)).toEqual([
      "add element inet oob_block a4 { 192.0.2.7 timeout 3600s }",
      "add element inet oob_block n4 { 198.51.100.0/24 timeout 3600s }",
      "add element inet oob_block a6 { 2001:db8::1 timeout 3600s }",
      "add element inet oob_block n6 { 2001:db8:1::/64 timeout 3600s }",
    ]);
    expect(runInShell(shell, blockScript("pf", networks, 60), `${bin}/bin`)).toBe(
      "pfctl -q -t oob_block -T expire 60\npfctl -q -t oob_block -T add 192.0.2.7 198.51.100.0/24 2001:db8::1 2001:db8:1::/64\n",
    );
  });
});

test("readBlocked() knows what is blocked, by itself or by its network", () => {
  const found = readBlocked(
    "fw nft\nrule\nhas table\nhas 192.0.2.7\nhas 198.51.100.0/24\nhas flags\nend\n",
  );
  expect(found).toMatchObject({ firewall: "nft", enforced: true, cut: false });
  expect(isBlocked(net("198.51.100.9"), found.networks)).toBe(true);
  expect(isBlocked(net("192.0.2.8"), found.networks)).toBe(false);
  expect(readBlocked("")).toMatchObject({ firewall: undefined, enforced: false, cut: true });
});
