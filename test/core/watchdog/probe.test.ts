import { describe, expect, it } from "vitest";
import {
  type ProbeOrder,
  probeConsole,
  usualProbeTimes,
} from "../../../src/core/watchdog/probe.ts";
import { ManualClock } from "../../../src/lib/clock.ts";
import { minutes } from "../../../src/lib/durations.ts";
import { ScriptedConsole } from "./watchdog-doubles.ts";

async function probe(set: (console: ScriptedConsole) => void, more: Partial<ProbeOrder> = {}) {
  const clock = new ManualClock(0);
  const console = new ScriptedConsole("web1", clock);
  set(console);
  const order: ProbeOrder = {
    console,
    clock,
    who: "watchdog",
    reason: "probe",
    sysrq: false,
    breakMs: 250,
    times: usualProbeTimes,
    signal: new AbortController().signal,
    ...more,
  };
  const report = probeConsole(order);
  await clock.advance(minutes(2));
  return { report: await report, console };
}

describe("probeConsole()", () => {
  it("stops at the first answer, and gives the seat back", async () => {
    const { report, console } = await probe((one) => (one.answers = "alive"));
    expect(report).toMatchObject({ answer: "alive", text: "Enter was answered" });
    expect(console.sent).toEqual(["\r"]);
    expect(console.seat).toBeUndefined();
  });

  it.each([
    ["\r\nweb1 login: ", true],
    ["\r\n\u001b[?2004hroot@web1:~# ", true],
    ["\r\n> ", false],
    ["\r\nswitch1> ", true],
    ["\r\nPress RETURN to get started]", true],
    ["backup: volume 3 done\r\n", false],
    ["backup: volume 3 of", false],
    [`${"x".repeat(3000)}login: `, false],
    ["\r\nUnknown command\r\n\u001b[0m", false],
    ["line\r\n[  912.100000] usb 1-1: new device\r\n", false],
  ])("knows a prompt by its row, which stays open: %j", async (chatters, prompt) => {
    const { report } = await probe((one) => Object.assign(one, { chatters }));
    expect(report).toMatchObject({ answer: "alive", prompt });
  });

  it.each([
    ["is no answer", "", "kernel"],
    ["hides none that comes behind it", "\r\nweb1 login: ", "alive"],
  ])("a kernel's trace of more than is kept %s", async (_, behind, answer) => {
    const trace = Array.from(
      { length: 60 },
      (_one, n) => `[   77.0690${n + 10}]  schedule+0x46/0xb0 ${"x".repeat(n)}\r\n`,
    );
    const text = trace.join("") + behind;
    for (const size of [1, 7, 100, 5000]) {
      const { report } = await probe((one) => {
        one.answers = "none";
        one.sends = () => {
          for (let at = 0; at < text.length; at += size) one.prints(text.slice(at, at + size));
        };
      });
      expect(report.answer, `${size}`).toBe(answer);
    }
  });

  it("tries CR, Ctrl-Q and CR, CR, and BREAK never without being told that it is harmless", async () => {
    const { report, console } = await probe((one) => {
      one.answers = "none";
      one.carriesBreak = true;
    });
    expect(report.answer).toBe("none");
    expect(console.sent).toEqual(["\r", "\u0011\r", "\r"]);
    expect(report.steps.map((step) => step.answer)).toEqual(["nothing", "nothing", "nothing"]);
  });

  it("sends two BREAKs for getty and BREAK h last, where SysRq is known to work and the way carries BREAK", async () => {
    const set = (one: ScriptedConsole) => {
      one.answers = "none";
      one.carriesBreak = true;
    };
    expect((await probe(set, { sysrq: true })).console.sent.slice(-5)).toEqual([
      ...["\r", "BREAK", "BREAK", "BREAK", "h"],
    ]);
    const without = await probe((one) => (one.answers = "none"), { sysrq: true });
    expect(without.console.sent).not.toContain("BREAK");
  });

  it("sends no BREAK where the tty echoes: it would interrupt a foreground job", async () => {
    const set = (one: ScriptedConsole) => {
      one.answers = "echo";
      one.carriesBreak = true;
    };
    const { report, console } = await probe(set, { sysrq: true });
    expect(report.answer).toBe("echo");
    expect(console.sent).toEqual(["\r", "\u0011\r", "\r"]);
  });

  it("hears an answer that comes eight seconds late, between two tries", async () => {
    const { report } = await probe((one) => (one.answersAfter = 8000));
    expect(report).toMatchObject({ answer: "alive", text: "Enter was answered" });
  });

  it("takes no bare line end for an answer: console servers and dying ttys echo", async () => {
    const { report } = await probe((one) => (one.answers = "echo"));
    expect(report).toMatchObject({
      answer: "echo",
      text: "Enter sent 3 times in 25s: nothing but its echo, no prompt",
    });
  });

  it("finds a prompt in the middle of kernel messages", async () => {
    const { report } = await probe((one) => {
      one.chatters = "[  912.1] eth0: link down\r\nweb1 login: [  912.2] eth0: link up\r\n";
    });
    expect(report.answer).toBe("alive");
  });

  it("says in words what was tried", async () => {
    const { report } = await probe((one) => (one.answers = "none"));
    expect(report.text).toBe("Enter sent 3 times in 25s: no answer");
  });

  it("does not take the kernel's own complaints for an answer of user space", async () => {
    const { report } = await probe((one) => (one.answers = "kernel"));
    expect(report.answer).toBe("kernel");
  });

  it.each(["Password: ", "Enter passphrase for /dev/sda2:", "root's password:"])(
    "types nothing into %s",
    async (line) => {
      const { report, console } = await probe((one) => one.prints(line));
      expect(report).toMatchObject({ answer: "refused", text: "a password prompt is open" });
      expect(console.sent).toEqual([]);
    },
  );

  it("is refused, and proves nothing, while somebody has the seat or the console is down", async () => {
    const taken = await probe((one) => one.sits("jana"));
    expect(taken.report.answer).toBe("refused");
    const down = await probe((one) => one.goes({ is: "down", why: "unplugged", retryAt: 0 }));
    expect(down.report).toMatchObject({ answer: "refused", text: "the console is down" });
  });

  it("proves nothing where this process stood still while it waited", async () => {
    const clock = new ManualClock(0);
    const console = new ScriptedConsole("web1", clock);
    console.answers = "none";
    const monotonic = clock.monotonic.bind(clock);
    let stolen = 0;
    clock.monotonic = () => monotonic() + stolen;
    const signal = new AbortController().signal;
    const report = probeConsole({
      ...{ console, clock, who: "watchdog", reason: "", sysrq: false, breakMs: 250, signal },
      times: usualProbeTimes,
    });
    await clock.advance(2000);
    stolen = minutes(10);
    await clock.advance(minutes(1));
    expect(await report).toMatchObject({ answer: "refused" });
  });

  it("ends when it is called off", async () => {
    const off = new AbortController();
    off.abort(new Error("bytes were lost"));
    const { report, console } = await probe((one) => (one.answers = "none"), {
      signal: off.signal,
    });
    expect(report).toMatchObject({ answer: "refused", text: "bytes were lost" });
    expect(console.seat).toBeUndefined();
  });
});
