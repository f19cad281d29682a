import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KernelEar } from "../../../src/core/watchdog/kernel-ear.ts";
import { latin1 } from "../../../src/lib/bytes.ts";

function lifeIn(...pieces: readonly string[]): string | undefined {
  const ear = new KernelEar();
  for (const piece of pieces) ear.hears(latin1(piece), 0);
  return ear.life;
}

const ASKED = [
  "[  912.100000] sysrq: Show Blocked State",
  "[  912.100400] task:mount           state:D stack:0     pid:211   ppid:1      flags:0x00004002",
  "[  912.100500] Call Trace:",
  "[  912.100510]  <TASK>",
  "[  912.100520]  __schedule+0x351/0xa20",
  "<4>[  912.100530]  ? rwsem_down_read_slowpath+0x2a8/0x4d0",
  "[  912.100540][   T12] Mem-Info:",
  "[  912.100550][  C0] NMI backtrace for cpu 0",
  "[  912.100560]",
].join("\r\n");

describe("KernelEar", () => {
  it("takes no line of the kernel for life, however they are cut", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(ASKED.length), { maxLength: 12 }), (cuts) => {
        const at = [0, ...cuts, ASKED.length].sort((one, other) => one - other);
        const pieces = at.slice(1).map((to, n) => ASKED.slice(at[n], to));
        expect(lifeIn(...pieces)).toBeUndefined();
      }),
    );
  });

  it.each([
    ["a login prompt that stands in its row", "web1 login: "],
    ["a login prompt behind the kernel's lines", `${ASKED}\r\nweb1 login: `],
    ["a prompt in whose row the kernel goes on", "web1:~# [  912.100000] sysrq: Show Memory\r\n"],
    ["a line of a program", `${ASKED}\r\nbackup: 12 files\r\n`],
    ["the beginning of one", "b"],
    ["an echo", "w"],
    ["a number, which is no stamp", "12"],
    [
      "systemd by way of the kernel",
      "[  912.200000] systemd[1]: Reached target Multi-User System.\r\n",
    ],
    ["a program that was just killed", "[  912.200000] cron[411]: segfault at 0 ip 0\r\n"],
    ["a line of syslog", "Nov 23 04:00:00 web1 kernel: [  912.2] x\r\n"],
    ["a kernel without stamps", "sysrq: Show Memory\r\n"],
    ["a stamp alone that is none", "[ OK ] Started Daily apt upgrade.\r\n"],
  ])("hears life: %s", (_, text) => {
    expect(lifeIn(text)).toBeDefined();
    expect(lifeIn(...text.split(""))).toBeDefined();
  });

  it("keeps bounded rows, and tells hostile text in printable form", () => {
    const ear = new KernelEar();
    for (let n = 0; n < 400; n++) ear.hears(latin1(`[    1.000000] ${"x".repeat(1000)}\r\n`), n);
    expect(ear.life).toBeUndefined();
    expect(ear.rows.join("").length).toBeLessThanOrEqual(262_144);
    ear.hears(latin1(`\u001b]0;${"y".repeat(9000)}`), 401);
    expect(ear.life).toMatch(/^\^\[\]0;y{1,200}/);
    expect(ear.life?.length).toBeLessThanOrEqual(400);
  });
});
