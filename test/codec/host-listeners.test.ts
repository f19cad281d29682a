import { mkdirSync, symlinkSync } from "node:fs";
import { describe, expect, it, test } from "vitest";
import {
  covers,
  isLoopback,
  listenerKey,
  listenersScript,
  readAllowed,
  readListeners,
} from "../../src/codec/host-listeners.ts";
import { hostFolder, runInShell, shellNames } from "./host-shells.ts";

const NONE = "#!/bin/sh\nexit 1\n";
const HEAD =
  "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
const row = (local: string, state: string, inode: number) =>
  `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1\n`;
const small = hostFolder({
  "proc/net/tcp": `${HEAD}${row("00000000:0016", "0A", 812)}${row("0100007F:0019", "0A", 813)}${row("0100007F:0020", "01", 814)}`,
  "proc/net/udp": `${HEAD}${row("0A00000A:0044", "07", 815)}`,
  "proc/net/tcp6": `${HEAD}${row("B80D0120000000000000000001000000:01BB", "0A", 816)}`,
  "proc/7/comm": "sshd\n",
  "bin/ss": NONE,
  "bin/sockstat": NONE,
});
const said = (text: string, name: "ss" | "sockstat" | "netstat") =>
  readListeners(`by\t${name}\n${text.replace(/^/gm, "line\t")}\nend\n`);
const keys = (text: string, name: "ss" | "sockstat" | "netstat") =>
  said(text, name).listeners.map(listenerKey);

describe.each(shellNames)("listenersScript() in %s", (shell) => {
  it("reads the kernel's tables where there is no program for it", () => {
    const found = readListeners(
      runInShell(shell, listenersScript(`${small}/proc`), `${small}/bin`),
    );
    expect(found).toMatchObject({ by: "proc", unread: 0, cut: false });
    expect(found.listeners.map(listenerKey)).toEqual([
      "tcp/0.0.0.0:22",
      "tcp/127.0.0.1:25",
      "tcp/2001:db8:0:0:0:0:0:1:443",
      "udp/10.0.0.10:68",
    ]);
  });

  it("names the program by the socket's inode", () => {
    const proc = hostFolder({
      "net/tcp": `${HEAD}${row("00000000:0016", "0A", 812)}`,
      "7/comm": "ss\thd\n",
    });
    mkdirSync(`${proc}/7/fd`);
    symlinkSync("socket:[812]", `${proc}/7/fd/3`);
    const found = readListeners(runInShell(shell, listenersScript(proc), `${small}/bin`));
    expect(found.listeners.map(listenerKey)).toEqual(["tcp/0.0.0.0:22 sshd"]);
  });
});

describe("readListeners()", () => {
  it("reads ss, hostile names of programs and its own header, too", () => {
    expect(
      keys(
        `Netid State  Recv-Q Send-Q Local Address:Port Peer Address:Port
tcp   LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=812,fd=3))
tcp   LISTEN 0 128 [::]:22 [::]:* users:(("sshd",pid=812,fd=4))
udp   UNCONN 0 0 10.0.2.15%eth0:68 0.0.0.0:* users:(("dhc"li\u001b[2Jent",pid=1,fd=1))
tcp   LISTEN 0 5 *:8080 *:*`,
        "ss",
      ),
    ).toEqual([
      "tcp/*:8080",
      "tcp/0.0.0.0:22 sshd",
      "tcp/:::22 sshd",
      'udp/10.0.2.15%eth0:68 dhc"li^[[2Jent',
    ]);
  });

  it("reads FreeBSD's sockstat", () => {
    expect(
      keys(
        `USER     COMMAND    PID   FD PROTO  LOCAL ADDRESS         FOREIGN ADDRESS
root     sshd       812   3  tcp6   *:22                  *:*
root     syslogd    700   6  udp4   127.0.0.1:514         *:*
root     sendmail: accepting 900 3 tcp4 127.0.0.1:25 *:*
?        ?          ?     ?  tcp4   *:2049                *:*`,
        "sockstat",
      ),
    ).toEqual([
      "tcp/*:2049 ?",
      "tcp/*:22 sshd",
      "tcp/127.0.0.1:25 sendmail: accepting",
      "udp/127.0.0.1:514 syslogd",
    ]);
  });

  it("reads netstat of the BSDs and of Linux; what is connected does not listen", () => {
    expect(
      keys(
        `tcp          0      0  *.22                   *.*                    LISTEN
tcp          0      0  10.0.0.1.22            10.0.0.2.4000          ESTABLISHED
tcp6         0      0  ::1.25                 *.*                    LISTEN
udp          0      0  *.514                  *.*
udp          0      0  *.*                    *.*
tcp        0      0 0.0.0.0:80              0.0.0.0:*               LISTEN`,
        "netstat",
      ),
    ).toEqual(["tcp/*:22", "tcp/0.0.0.0:80", "tcp/::1:25", "udp/*:514"]);
  });

  it("counts lines that it cannot read, and never hides them", () => {
    expect(said("tcp LISTEN 0 128 nonsense\ngarbage", "ss")).toMatchObject({
      unread: 2,
      listeners: [],
    });
    expect(readListeners("by\tnothing\n").by).toBeUndefined();
    expect(readListeners("by\tss\nline\ttcp LISTEN 0 1 *:22 *:*\n").cut).toBe(true);
  });
});

const one = { protocol: "tcp", address: "10.0.0.5", port: 22, program: "sshd" } as const;

test.each([
  ["tcp/22", true],
  ["tcp/10.0.0.5:22", true],
  ["tcp/10.0.0.6:22", false],
  ["udp/22", false],
  ["tcp/20-30", true],
  ["tcp/22=sshd", true],
  ["tcp/22=nc", false],
])("allow %s covers sshd at 10.0.0.5:22: %s", (entry, wanted) => {
  const allowed = readAllowed(entry);
  expect(allowed && covers(allowed, one)).toBe(wanted);
});

test("an entry with a program covers no listener whose program is not known", () => {
  expect(covers(readAllowed("tcp/22=sshd")!, { ...one, program: "" })).toBe(false);
});

test.each(["", "22", "tcp/0", "tcp/70000", "tcp/30-20", "icmp/1", "tcp/22=a b"])(
  "readAllowed(%j) is none",
  (entry) => {
    expect(readAllowed(entry)).toBeUndefined();
  },
);

test.each([
  ["127.0.0.1", true],
  ["127.0.0.53%lo", true],
  ["::1", true],
  ["[::ffff:127.0.0.1]", true],
  ["0.0.0.0", false],
  ["::", false],
  ["10.127.0.1", false],
])("isLoopback() of %s: %s", (address, wanted) => {
  expect(isLoopback({ ...one, address })).toBe(wanted);
});
