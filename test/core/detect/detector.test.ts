import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createDetector } from "../../../src/core/detect/create-detector.ts";
import { latin1, utf8 } from "../../../src/lib/bytes.ts";
import { shippedRules } from "./shipped-rules.ts";

const BOOT = "[    0.000000] Linux version 6.1.0-50-amd64 (x@y) (gcc) #1 SMP\r\n";
const LOGIN = "\r\nDebian GNU/Linux 12 web1 ttyS0\r\n\r\nweb1 login: ";
const PROMPT = "root@web1:~# ";
const PANIC = "[ 1234.567890] Kernel panic - not syncing: Fatal exception in interrupt\r\n";
const END =
  "[ 1234.600000] ---[ end Kernel panic - not syncing: Fatal exception in interrupt ]---\r\n";
const OOPS = "[  100.500000] BUG: unable to handle page fault for address: ffffc90012345678\r\n";

function opinionOf(...text: string[]) {
  const detector = createDetector(shippedRules);
  for (const piece of text) detector.see(latin1(piece), 0);
  const { state, class: kind, action } = detector.opinion;
  return `${state}:${kind} ${action}`;
}

describe("the detector", () => {
  test("knows a panic, at a shell prompt, behind an open login prompt, and in the middle of typing", () => {
    for (const before of [LOGIN, `${LOGIN}root\r\n${PROMPT}`, `${PROMPT}ls -`, PROMPT])
      expect(opinionOf(BOOT, before, PANIC, END), before).toBe("crash:panic recover");
  });

  test("knows a panic whose line never ended", () => {
    expect(opinionOf(BOOT, PANIC.trimEnd())).toBe("crash:panic recover");
  });

  test("knows a panic that an ordered SysRq caused", () => {
    const typed = `${PROMPT}echo c > /proc/sysrq-trigger\r\n`;
    expect(opinionOf(BOOT, LOGIN, typed, PANIC, END)).toBe("crash:panic recover");
  });

  test("withdraws a panic when a prompt or a boot follows", () => {
    expect(opinionOf(BOOT, PANIC, END, PROMPT)).toBe("healthy:runtime none");
    expect(opinionOf(BOOT, PANIC, END, BOOT)).toBe("healthy:boot none");
    expect(opinionOf(BOOT, PANIC, END, BOOT, LOGIN)).toBe("healthy:login-prompt none");
  });

  test("takes an oops for a crash until a prompt comes, and for a scar then", () => {
    expect(opinionOf(BOOT, OOPS)).toBe("crash:oops confirm");
    expect(opinionOf(BOOT, OOPS, LOGIN)).toBe("warning:oops notify");
    expect(opinionOf(BOOT, OOPS, LOGIN, BOOT)).toBe("warning:unexpected-reboot notify");
  });

  test("is not surprised by the boot that follows a cut of ours", () => {
    const boots = (cut: boolean) => {
      const detector = createDetector(shippedRules);
      detector.see(latin1(BOOT + LOGIN), 0);
      if (cut) detector.expectBoot?.();
      detector.see(latin1(BOOT), 0);
      return detector.opinion.class;
    };
    expect(boots(true)).toBe("boot");
    expect(boots(false)).toBe("unexpected-reboot");
  });

  test.each([
    ["cat", `cat crash.txt\r\n`],
    ["dmesg", `dmesg\r\n`],
    ["grep", `grep -h panic /var/log/*\r\n`],
  ])("%s on a crash log asks for nothing once the prompt is back", (_name, command) => {
    expect(opinionOf(BOOT, LOGIN, PROMPT, command, PANIC, END, PROMPT)).toMatch(/ none$/);
  });

  test.each([
    ["a pager", "less crash.txt\r\n\x1b[?1h\x1b="],
    ["a pager on a dumb terminal", "less crash.txt\r\n"],
    ["an editor", "vi crash.txt\r\n\x1b[?1049h\x1b[H"],
    ["a session on another host", "ssh web2\r\n"],
    ["a log that is followed", "tail -f /var/log/kern.log\r\n"],
  ])("%s left open on a crash log calls for no act", (_name, command) => {
    expect(opinionOf(BOOT, LOGIN, PROMPT, command, PANIC, END)).toMatch(/ (?:none|notify)$/);
  });

  test("typed and quoted words are no evidence", () => {
    const lines = [
      `${PROMPT}echo "Kernel panic - not syncing: test"`,
      "Nov 22 08:11:59 web1 systemd[1]: Started panic-button.service - Kernel panic button.",
      "Message from syslogd@db9 at Nov 22 08:12:08 ...",
      " kernel:[88123.456789] Kernel panic - not syncing: Fatal exception in interrupt",
      "> [ 1234.567890] Kernel panic - not syncing: quoted in a mail",
      "kernel.panic = 10",
      "panic: runtime error: index out of range [5] with length 3",
    ];
    expect(opinionOf(BOOT, LOGIN, ...lines.map((line) => `\r\n${line}\r\n`))).toMatch(/ none$/);
  });

  test("what the seat typed is no evidence when it comes back", () => {
    const detector = createDetector(shippedRules);
    detector.typed(utf8("Kernel panic - not syncing: test"));
    detector.see(utf8("\r\nKernel panic - not syncing: test\r\n"), 0);
    expect(detector.opinion.action).toBe("none");
  });

  test("a crash kernel that writes a dump, and work in progress, are to be left alone", () => {
    const kdump = "[    0.000000] Command line: irqpoll nr_cpus=1 elfcorehdr=0x2d000000\r\n";
    expect(opinionOf(PANIC, BOOT, kdump)).toBe("busy:crash-dump hold");
    expect(opinionOf(BOOT, "/dev/sda1: |=====                | 12.3%\r")).toBe("busy:fsck hold");
    expect(opinionOf(BOOT, "/dev/sda1: |=====                | 12.3%\r", OOPS)).toBe(
      "busy:fsck hold",
    );
  });

  test("three boots without a sign of life are a loop; an ordered restart or a login ends the count", () => {
    const early = PANIC.replace("1234.567890", "   3.567890");
    const round = `${BOOT}${early}Rebooting in 5 seconds..\r\n`;
    expect(opinionOf(round, round, BOOT)).toBe("stuck:boot-loop recover");
    expect(opinionOf(round, round, LOGIN, BOOT)).not.toMatch(/boot-loop/);
    const ordered = `systemd-shutdown[1]: Syncing filesystems\r\nreboot: Restarting system\r\n`;
    expect(opinionOf(round, round, ordered, BOOT)).toBe("healthy:boot none");
  });

  test("a host that ran for long between its boots does not loop, whatever its console showed", () => {
    const round = `${BOOT}[ 4000.123456] eth0: link is up\r\n`;
    expect(opinionOf(round, round, round, BOOT)).not.toMatch(/boot-loop/);
    const slow = createDetector(shippedRules);
    const hour = 3_600_000;
    for (let i = 1; i < 6; i++) slow.see(latin1(`${BOOT}[    9.000000] done\r\n`), i * 2 * hour);
    expect(slow.opinion.class).not.toBe("boot-loop");
  });

  test("a loop whose last boot shows a kernel in trouble asks for a probe first", () => {
    const round = `${BOOT}[    4.000000] reboot: Restarting system\r\n`;
    const stall = "[  100.000000] rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:\r\n";
    expect(opinionOf(round, round, BOOT)).toBe("stuck:boot-loop recover");
    expect(opinionOf(round, round, BOOT, stall)).toBe("stuck:boot-loop confirm");
  });

  test("a kernel that prints its first messages twice has booted once", () => {
    expect(opinionOf(BOOT, BOOT, BOOT, "[    0.500000] x\r\n", BOOT)).toBe("healthy:boot none");
  });

  test("an emergency shell stays one through its password and late messages, until the system is up", () => {
    const emergency = `${BOOT}You are in emergency mode. After logging in, type "journalctl -xb" to view\r\nGive root password for maintenance\r\n(or press Control-D to continue): `;
    expect(opinionOf(emergency)).toBe("stuck:emergency-shell recover");
    expect(opinionOf(emergency, "[  150.000000] kdump-tools[278]: no crashkernel\r\n")).toBe(
      "stuck:emergency-shell recover",
    );
    expect(opinionOf(emergency, "\r\n", PROMPT)).toBe("stuck:emergency-shell recover");
    expect(opinionOf(emergency, "\r\n", PROMPT, "exit\r\n", LOGIN)).toBe(
      "healthy:login-prompt none",
    );
  });

  test("a loader's prompt stands while it is open, not while its command runs", () => {
    expect(opinionOf("grub rescue> ")).toBe("stuck:boot-loader recover");
    expect(opinionOf("=> ")).toBe("stuck:boot-loader recover");
    expect(opinionOf("=> 42\r\n", "some document\r\n")).toMatch(/ none$/);
  });

  test("a program of another system's words is no kernel; a debugger behind them proves it", () => {
    expect(opinionOf("panic: no result\r\n")).toBe("warning:panic notify");
    expect(opinionOf("panic: no result\r\n\r\ngoroutine 1 [running]:\r\n")).toMatch(/ none$/);
    expect(opinionOf("panic: so big\r\nStopped at      db_enter+0x18:  addq\r\nddb> ")).toBe(
      "crash:panic recover",
    );
    expect(opinionOf("Stopped at      db_enter+0x18:  addq\r\nddb> ")).toBe(
      "stuck:debugger-prompt confirm",
    );
  });

  test("a BSD panic is certain when the dump follows at once, and is over with it", () => {
    const panic = "panic: tcp_output: REXMT\r\n\r\nsyncing disks... 5 5 giving up\r\n";
    const dump = "\r\ndumping to dev 4,1 offset 12345\r\ndump 2047 2046 ";
    expect(opinionOf(panic)).not.toMatch(/ (?:confirm|recover)$/);
    expect(opinionOf(panic, dump)).toBe("busy:crash-dump hold");
    expect(opinionOf(panic, dump, "1 0 succeeded\r\n")).toBe("crash:panic recover");
    const later = `panic: no result\r\n${"work goes on\r\n".repeat(500)}`;
    expect(opinionOf(later, dump)).toBe("busy:crash-dump hold");
  });

  test("evidence says where in the stream it stands, and is the same however bytes are cut", () => {
    const text = `${BOOT}${LOGIN}root\r\n${PROMPT}ls\r\n\x1b[1m${OOPS}${PANIC}${BOOT}(initramfs) `;
    const all = (size: number) => {
      const detector = createDetector(shippedRules);
      const bytes = latin1(text);
      const seen = [];
      for (let i = 0; i < bytes.length; i += size)
        seen.push(...detector.see(bytes.subarray(i, i + size), 0));
      return { seen, opinion: detector.opinion };
    };
    const whole = all(text.length);
    expect(whole.seen.find((one) => one.class === "panic")?.at).toBe(text.indexOf(PANIC));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), (size) => {
        expect(all(size)).toEqual(whole);
      }),
      { numRuns: 30 },
    );
  });

  test("forgets the unfinished line at a gap", () => {
    const detector = createDetector(shippedRules);
    detector.see(utf8("[    1.500000] Kernel pan"), 0);
    detector.gap();
    detector.see(utf8("ic - not syncing: x\r\n"), 0);
    expect(detector.opinion.action).toBe("none");
  });

  test("keeps little in memory, whatever comes", () => {
    const detector = createDetector(shippedRules);
    for (let i = 0; i < 500; i++) detector.see(utf8(`${OOPS}${LOGIN}${"x".repeat(9000)}`), 0);
    expect(detector.opinion.evidence.length).toBeLessThanOrEqual(9);
  });
});
