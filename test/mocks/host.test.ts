import { describe, expect, it } from "vitest";
import { MockHost } from "../../mocks/host.ts";
import { utf8 } from "../../src/lib/bytes.ts";
import { ManualClock } from "../../src/lib/clock.ts";

function machine() {
  const clock = new ManualClock();
  let text = "";
  const host = new MockHost({
    name: "web1",
    clock,
    write: (bytes) => {
      text += new TextDecoder().decode(bytes);
    },
  });
  const type = (keys: string) => host.receive(utf8(keys));
  return { clock, host, type, said: () => text };
}

describe("MockHost", () => {
  it("boots through GRUB to a login prompt, and a shell answers", async () => {
    const { clock, host, type, said } = machine();
    host.power(true);
    await clock.advance(20_000);
    expect(host.phase).toBe("login");
    type("root\roob\rid -u; echo 'a''b' $?\r");
    expect(said()).toMatch(/GNU GRUB[\s\S]*Linux version[\s\S]*web1 login: root/);
    expect(said()).toContain("\r\n0\r\nab 0\r\nroot@web1:~# ");
    expect(said()).not.toContain("oob\r\n");
  });

  it("panics by sysrq-trigger and is deaf until its power is cut", async () => {
    const { clock, host, type, said } = machine();
    host.power(true);
    await clock.advance(20_000);
    type("root\roob\recho c > /proc/sysrq-trigger\r");
    expect(said()).toContain("---[ end Kernel panic - not syncing: sysrq triggered crash ]---");
    const length = said().length;
    host.receiveBreak();
    type("b\r");
    expect(said().length).toBe(length);
    host.power(false);
    host.power(true);
    await clock.advance(20_000);
    expect(host.phase).toBe("login");
  });

  it("boots what was edited in GRUB, and only if it landed on the linux line", async () => {
    const { clock, host, type, said } = machine();
    host.power(true);
    await clock.advance(2000);
    expect(host.phase).toBe("grub");
    type("e\x0e\x0e\x0e\x0e\x0e\x05 single\x18");
    await clock.advance(10_000);
    expect(host.phase).toBe("maintenance");
    type("oob\rcat /proc/cmdline\rexit\r");
    expect(said()).toContain("console=ttyS0,115200 single\r\n");
    await clock.advance(10_000);
    expect(host.phase).toBe("login");
  });

  it("takes the key within five seconds of a BREAK as SysRq, a later one as typing", async () => {
    const { clock, host, type, said } = machine();
    host.power(true);
    await clock.advance(20_000);
    host.receiveBreak();
    type("h");
    expect(said()).toContain("sysrq: HELP");
    host.receiveBreak();
    await clock.advance(5001);
    type("h");
    expect(said()).toMatch(/login: .*sysrq: HELP[\s\S]*h$/);
    host.receiveBreak();
    type("b");
    await clock.advance(1000);
    expect(host.phase).toBe("firmware");
  });
});
