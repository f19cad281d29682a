import { describe, expect, it, test } from "vitest";
import {
  deletedLibsScript,
  readDeletedLibs,
  remedyOf,
  unitOf,
  wantsReboot,
} from "../../src/codec/deleted-libs.ts";
import { hostFolder, runInShell, shellNames } from "./host-shells.ts";

const MAP = "7f00-7f01 r-xp 00000000 08:01 12  ";
/** Processes as proc(5) shows them; names and files are the host's, and hostile. */
const proc = hostFolder({
  "self/maps": "",
  "1/maps": `${MAP}/lib/systemd/systemd\n`,
  "1/cgroup": "0::/init.scope\n",
  "1/comm": "systemd\n",
  "20/maps": `${MAP}/usr/lib/libssl.so.3 (deleted)\n7f00-7f01 rw-p 00000000 08:01 12  /usr/lib/libdata.so (deleted)\n${MAP}/usr/lib/libssl.so.3 (deleted)\n`,
  "20/cgroup": "0::/system.slice/nginx.service\n",
  "20/comm": "ng\tinx\n",
  "21/maps": `${MAP}/memfd:jit (deleted)\n${MAP}/dev/zero (deleted)\n${MAP}/SYSV0001 (deleted)\n`,
  "19/maps": "7f00-7f01 r-xp 00000000 00:02 12  /usr/bin/udevadm (deleted)\n",
  "19/cgroup": "0::/init.scope\n",
  "19/comm": "systemd-udevd\n",
  "21/cgroup": "0::/system.slice/quiet.service\n",
  "21/comm": "quiet\n",
  "22/maps": `${MAP}/usr/lib/a b\\012'"$(touch x)\u001b[2J.so (deleted)\n`,
  "22/cgroup": "12:pids:/x\n1:name=systemd:/user.slice/user-0.slice/session-3.scope\n0::/\n",
  "22/comm": "evil\u001b]0;x\u0007\n",
  "23/maps": `${MAP}/lib/x86_64-linux-gnu/libc.so.6 (deleted)\n${"x".repeat(1_000_000)}\n`,
  "23/cgroup": "",
  "23/comm": "loner",
});

describe.each(shellNames)("deletedLibsScript() in %s", (shell) => {
  const found = readDeletedLibs(runInShell(shell, deletedLibsScript(proc)));

  it("finds executable files that are gone, each once, with service and program", () => {
    expect(found).toMatchObject({ by: "maps", unread: 0, cut: false });
    expect(found.files.map(({ pid, path }) => `${pid} ${path}`)).toEqual([
      "20 /usr/lib/libssl.so.3",
      "22 /usr/lib/a b\\012'\"$(touch x)^[[2J.so",
      "23 /lib/x86_64-linux-gnu/libc.so.6",
    ]);
    expect(found.files.map(({ unit, command }) => [unit, command])).toEqual([
      ["nginx.service", "nginx"],
      ["session-3.scope", "evil^[]0;x^G"],
      ["", "loner"],
    ]);
  });

  it("knows what to do about each", () => {
    expect(found.files.map(remedyOf)).toEqual(["restart", "log in again", "reboot"]);
    expect(wantsReboot(found)).toBe(true);
  });

  it("falls back to lsof's DEL rows", () => {
    const lsof = hostFolder({
      "bin/lsof": `#!/bin/sh
echo 'COMMAND PID USER FD TYPE DEVICE SIZE/OFF NODE NAME'
echo 'nginx 20 root DEL REG 8,1 1234 /usr/lib/libssl.so.3'
echo 'sshd 30 root mem REG 8,1 99 1235 /usr/lib/libc.so.6'
`,
    });
    const seen = readDeletedLibs(runInShell(shell, deletedLibsScript("/nowhere"), `${lsof}/bin`));
    expect(seen).toMatchObject({ by: "lsof", cut: false });
    expect(seen.files).toEqual([
      { pid: 20, unit: "", command: "nginx", path: "/usr/lib/libssl.so.3" },
    ]);
  });
});

test("readDeletedLibs() says that an answer without an end is not whole", () => {
  expect(readDeletedLibs("by\tmaps\n")).toMatchObject({ by: "maps", cut: true });
  expect(readDeletedLibs("")).toMatchObject({ by: undefined, cut: true });
});

test.each([
  ["0::/system.slice/system-getty.slice/getty@tty1.service", "getty@tty1.service"],
  ["0::/system.slice/docker-1234.scope/system.slice/app.service", "docker-1234.scope"],
  ["0::/user.slice/user-0.slice/user@0.service/app.slice/nginx.service", "user@0.service"],
  ["0::/", ""],
  ["0::/x/$(reboot).service", ""],
])("unitOf(%j) is %j", (cgroup, unit) => {
  expect(unitOf(cgroup)).toBe(unit);
});

test.each([
  [1, "", "reboot"],
  [9, "dbus.service", "reboot"],
  [9, "serial-getty@ttyS0.service", "log in again"],
  [9, "user@0.service", "log in again"],
  [9, "cron.service", "restart"],
  [7, "lightdm.service", "by hand"],
  [7, "networking.service", "by hand"],
  [7, "NetworkManager.service", "by hand"],
  [7, "openvpn@office.service", "by hand"],
  [7, "docker.service", "by hand"],
  [7, "lxcfs.service", "by hand"],
  [7, "emergency.service", "by hand"],
  [7, "dockerhub.service", "restart"],
  [9, "", "by hand"],
])("remedyOf() of %i in %j is %s", (pid, unit, remedy) => {
  expect(remedyOf({ pid, unit, command: "x", path: "/lib/libz.so.1" })).toBe(remedy);
});
