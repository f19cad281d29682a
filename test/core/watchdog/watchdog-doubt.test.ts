import { afterEach, describe, expect, it } from "vitest";
import { minutes, seconds } from "../../../src/lib/durations.ts";
import { Bench } from "./watchdog-doubles.ts";

let bench: Bench;
afterEach(() => bench.end());

const telnet = { console: { driver: "telnet", options: { host: "ts1" } } };

describe("Watchdog in doubt", () => {
  it("console server that died behind open connections: no host on it is cut for its silence", async () => {
    bench = await new Bench(["web1", "web2", "web3"], {}, telnet).start();
    await bench.answersOnce();
    for (const console of bench.consoles.values()) console.answers = "none";
    // Each host spoke last at another time: they become suspect one after the other, the first one alone.
    await bench.pass(minutes(4));
    bench.console("web2").prints("cron\r\n");
    await bench.pass(minutes(4));
    bench.console("web3").prints("cron\r\n");
    await bench.pass(minutes(45));
    expect(bench.relay.orders).toEqual([]);
    expect((await bench.texts("watch.page"))[0]).toMatch(
      /nothing came from ts1 since.*its silence proves nothing/,
    );
  });

  it("answered in this boot or in none: the prompt of a boot that a person ordered came by itself", async () => {
    for (const boots of [false, true]) {
      bench = await new Bench(["web1"]).start();
      bench.console().types("reboot\r");
      if (boots) bench.console().boots();
      bench.console().asksForLogin();
      bench.console().answers = "none";
      await bench.pass(minutes(40));
      expect(bench.relay.orders).toHaveLength(boots ? 0 : 1);
      if (boots) expect((await bench.texts("watch.page")).join()).toMatch(/asking to cycle/);
      if (!boots) await bench.end();
    }
  });

  it("a boot that comes with more in one piece is a boot: who answered before it answers no more", async () => {
    bench = await new Bench(["web1"]).start();
    await bench.answersOnce();
    bench
      .console()
      .showsAtOnce(
        { class: "unexpected-reboot", state: "warning", line: "Linux version 6.1.0" },
        { class: "login-prompt", state: "healthy", line: "web1 login:" },
      );
    bench.console().answers = "none";
    await bench.pass(minutes(40));
    expect(bench.relay.orders).toEqual([]);
    expect((await bench.texts("watch.page")).join()).toMatch(/asking to cycle/);
  });

  it("a host that starts while it is asked: the prompt of its boot is no answer, and no more is typed", async () => {
    bench = await new Bench(["web1"]).start();
    const console = bench.console();
    console.answers = "none";
    bench.clock.after(minutes(10) + seconds(2), () => {
      console.boots();
      console.shows("healthy", "login-prompt", "none", "web1 login:");
      console.prints("\r\nweb1 login: ");
    });
    await bench.pass(minutes(10) + seconds(40));
    expect(console.sent).toEqual(["\r"]);
    await bench.pass(minutes(40));
    expect(bench.relay.orders).toEqual([]);
    expect((await bench.texts("watch.page")).join()).toMatch(/asking to cycle/);
  });

  it("a silent host whose neighbour on the console server answers is cut", async () => {
    bench = await new Bench(["web1", "web2"], {}, telnet).start();
    await bench.answersOnce();
    bench.console("web1").answers = "none";
    await bench.pass(minutes(15));
    expect(bench.relay.orders).toEqual(["cycle web1 1-cycle-1"]);
  });

  it("console server that reboots under a panic: links down and up, proven anew, cut once", async () => {
    bench = await new Bench(["web1", "web2", "web3", "web4"], {}, telnet).start();
    bench.console("web1").panics();
    await bench.pass(seconds(40));
    for (const console of bench.consoles.values())
      console.goes({ is: "down", why: "connection reset", retryAt: 0 });
    await bench.pass(minutes(2));
    expect(bench.relay.orders).toEqual([]);
    for (const console of bench.consoles.values())
      console.goes({ is: "up", label: "telnet", since: 0 });
    await bench.pass(seconds(55));
    expect(bench.relay.orders).toEqual([]);
    await bench.pass(minutes(3));
    expect(bench.relay.orders).toEqual(["cycle web1 1-cycle-1"]);
  });

  it("console lost under a panic, nobody ever seen to answer: the host may have been mended, a page", async () => {
    bench = new Bench(["web1"]);
    await bench.watchdog.start();
    bench.console().panics();
    await bench.pass(seconds(40));
    bench.console().goes({ is: "down", why: "connection reset", retryAt: 0 });
    await bench.pass(minutes(2));
    bench.console().goes({ is: "up", label: "telnet", since: 0 });
    await bench.pass(minutes(10));
    expect(bench.relay.orders).toEqual([]);
    expect(await bench.texts("watch.page")).toContainEqual(
      expect.stringMatching(/may have been mended unseen/),
    );
  });

  it("console that flaps: never cut, and a person is called once", async () => {
    bench = await new Bench(["web1"]).start();
    bench.console().panics();
    for (let turn = 0; turn < 60; turn++) {
      bench.console().goes({ is: "down", why: "flaps", retryAt: 0 });
      await bench.pass(seconds(10));
      bench.console().goes({ is: "up", label: "scripted", since: 0 });
      await bench.pass(seconds(20));
    }
    expect(bench.relay.orders).toEqual([]);
    expect(await bench.texts("watch.page")).toHaveLength(1);
  });

  it("hold in the midst of a probe: nothing more is typed", async () => {
    bench = await new Bench(["web1"]).start();
    bench.console().panics();
    while (bench.console().sent.length === 0) await bench.pass(seconds(5));
    await bench.holds.set(["web1"], "jana", minutes(60), "I look at it");
    await bench.pass(minutes(2));
    expect(bench.console().sent).toEqual(["\r"]);
    await bench.holds.release(["web1"], "jana");
    await bench.pass(minutes(5));
    expect(bench.relay.orders).toEqual(["cycle web1 1-cycle-1"]);
  });

  it("host that answers eight seconds late is alive", async () => {
    bench = await new Bench(["web1"]).start();
    bench.console().panics();
    bench.console().answers = "alive";
    bench.console().answersAfter = seconds(8);
    await bench.pass(minutes(10));
    expect(bench.relay.orders).toEqual([]);
  });

  it("panic on a console that echoes: no cut, a page", async () => {
    bench = await new Bench(["web1"]).start();
    bench.console().panics();
    bench.console().answers = "echo";
    await bench.pass(minutes(30));
    expect(bench.relay.orders).toEqual([]);
    expect(await bench.texts("watch.page")).toEqual([
      expect.stringMatching(/shows panic, but the console echoes/),
    ]);
  });

  it("a dead getty whose tty echoes is left alone", async () => {
    bench = await new Bench(["web1"]).start();
    bench.console().answers = "echo";
    await bench.pass(minutes(60));
    expect(bench.relay.orders).toEqual([]);
  });

  it("panic right after the start, no sign of life before it: seen live, so it is cut", async () => {
    bench = new Bench(["web1"]);
    await bench.watchdog.start();
    bench.console().panics();
    await bench.pass(minutes(2));
    expect(bench.relay.orders).toHaveLength(1);
  });

  it("panic that stood in the log before the start: a page, no cut, also when noise follows", async () => {
    bench = new Bench(["web1"]);
    bench.console().panics();
    await bench.watchdog.start();
    bench.console().prints("\0");
    await bench.pass(minutes(30));
    expect(bench.relay.orders).toEqual([]);
    expect((await bench.texts("watch.page"))[0]).toMatch(/may have been mended unseen/);
  });

  it("kill -9 under a panic, console without a login prompt: the host may have been mended meanwhile", async () => {
    bench = new Bench(["web1"]);
    await bench.watchdog.start();
    bench.console().panics();
    await bench.pass(seconds(57));
    await bench.restart();
    await bench.pass(minutes(30));
    expect(bench.relay.orders).toEqual([]);
    expect((await bench.texts("watch.page"))[0]).toMatch(/may have been mended unseen/);
  });

  it("own cut, firmware that warns, a login prompt below a kernel warning: recovered", async () => {
    bench = await new Bench(["web1"]).start();
    bench.console().panics();
    bench.relay.afterwards = () => {
      const console = bench.console();
      console.shows("warning", "unexpected-reboot", "notify", "GRUB loading.");
      console.shows("warning", "kernel-warning", "notify", "WARNING: CPU: 0");
      console.shows("warning", "kernel-warning", "notify", "x", "login-prompt");
    };
    await bench.pass(minutes(3));
    expect(bench.relay.orders).toHaveLength(1);
    expect(bench.incidents.list([])[0]?.summary.state).toBe("recovered");
  });

  it("one feed cannot be read: no cut", async () => {
    const outlets = [
      { pdu: "pdu-a", reference: "1" },
      { pdu: "pdu-b", reference: "1" },
    ];
    bench = await new Bench(["web1"], {}, { outlets }).start();
    bench.relay.states.set("pdu-b/1", "unknown");
    bench.console().panics();
    await bench.pass(minutes(4));
    expect(bench.relay.orders).toEqual([]);
    expect((await bench.texts("watch.page"))[0]).toMatch(/pdu-b\/1 cannot be read/);
  });

  it("one feed is off already: somebody works there, no cut", async () => {
    const outlets = [
      { pdu: "pdu-a", reference: "1" },
      { pdu: "pdu-b", reference: "1" },
    ];
    bench = await new Bench(["web1"], {}, { outlets }).start();
    bench.relay.states.set("pdu-b/1", "off");
    bench.console().panics();
    await bench.pass(minutes(4));
    expect(bench.relay.orders).toEqual([]);
    expect((await bench.texts("watch.page"))[0]).toMatch(/pdu-b\/1 is off already/);
  });

  it("one outlet under two names: no cut", async () => {
    bench = await new Bench(["web1", "web2"]).start();
    bench.relay.keys.set("pdu/web1", "serial 3").set("pdu/web2", "serial 3");
    bench.console().panics();
    await bench.pass(minutes(4));
    expect(bench.relay.orders).toEqual([]);
    expect((await bench.texts("watch.page"))[0]).toMatch(/pdu\/web1 also feeds web2/);
  });

  it("a kernel that prints without end: not probed into the flood, not cut, a person is called", async () => {
    bench = await new Bench(["web1"]).start();
    bench.console().answers = "none";
    bench.console().shows("crash", "rcu-stall", "confirm", "rcu: INFO: self-detected stall");
    for (let turn = 0; turn < 600; turn++) {
      bench.console().prints("[  912.100000] rcu: task dump\r\n");
      await bench.pass(seconds(2));
    }
    expect(bench.relay.orders).toEqual([]);
    expect(bench.console().sent).toEqual([]);
    expect(await bench.texts("watch.page")).toHaveLength(1);
  });

  it("a dump whose percentage stands still calls a person, while the kernel goes on chattering", async () => {
    bench = await new Bench(["web1"]).start();
    bench.console().shows("busy", "crash-dump", "hold", "Copying data : [ 41.0 %]");
    for (let turn = 0; turn < 20; turn++) {
      bench.console().prints("[  10.1] random: crng init done\r\n");
      await bench.pass(minutes(1));
      bench.console().prints("Copying data : [ 41.0 %]\r\n");
    }
    expect(bench.relay.orders).toEqual([]);
    expect(await bench.texts("watch.page")).toEqual([expect.stringMatching(/stands at 41\.0 %/)]);
  });

  it("a dump whose percentage moves calls nobody", async () => {
    bench = await new Bench(["web1"]).start();
    bench.console().shows("busy", "crash-dump", "hold", "Copying data : [ 1.0 %]");
    for (let turn = 2; turn < 60; turn++) {
      await bench.pass(minutes(1));
      bench.console().prints(`Copying data : [ ${turn}.0 %]\r\n`);
    }
    expect(await bench.texts("watch.page")).toEqual([]);
  });

  it("a shutdown that hangs calls a person three minutes after its limit, and is not cut", async () => {
    bench = await new Bench(["web1"]).start();
    bench.console().answers = "none";
    const line = "A stop job is running for foo (1s / 1min 30s)";
    bench.console().shows("busy", "stop-job", "hold", line);
    await bench.pass(minutes(4));
    expect(await bench.texts("watch.page")).toEqual([]);
    await bench.pass(minutes(60));
    expect(await bench.texts("watch.page")).toHaveLength(1);
    expect(bench.relay.orders).toEqual([]);
  });

  it("a RAID that is rebuilt behind a quiet console calls nobody", async () => {
    bench = await new Bench(["web1"]).start();
    bench.console().shows("busy", "raid-rebuild", "hold", "md: resync of RAID array md0");
    await bench.pass(minutes(600));
    expect(await bench.texts("watch.page")).toEqual([]);
    expect(bench.relay.orders).toEqual([]);
  });

  it("a panic that says it reboots in a day is not waited for", async () => {
    bench = await new Bench(["web1"]).start();
    bench.console().panics();
    bench.console().prints("[  12.1] Rebooting in 86400 seconds..\r\n");
    await bench.pass(minutes(3));
    expect(bench.relay.orders).toHaveLength(1);
  });

  it("a panic that says it reboots in five seconds has the time of a boot, then is cut", async () => {
    bench = await new Bench(["web1"], { bootWithin: minutes(10) }).start();
    bench.console().panics();
    bench.console().prints("[  12.1] Rebooting in 5 seconds..\r\n");
    await bench.pass(minutes(10));
    expect(bench.relay.orders).toEqual([]);
    await bench.pass(minutes(3));
    expect(bench.relay.orders).toHaveLength(1);
  });

  it("a crash kernel that boots after the panic and dumps is never cut", async () => {
    bench = await new Bench(["web1"]).start();
    bench.console().panics();
    await bench.pass(seconds(10));
    bench.console().boots();
    await bench.pass(seconds(10));
    bench.console().shows("busy", "crash-dump", "hold", "Copying data : [ 3.0 %]");
    for (let turn = 4; turn < 40; turn++) {
      await bench.pass(minutes(1));
      bench.console().prints(`Copying data : [ ${turn}.0 %]\r\n`);
    }
    expect(bench.relay.orders).toEqual([]);
  });
});
