import fs from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { WatchPolicy } from "../../../src/config/site-config.ts";
import { minutes, seconds } from "../../../src/lib/durations.ts";
import { Bench, type ScriptedConsole } from "./watchdog-doubles.ts";

let bench: Bench;
afterEach(() => bench.end());

const asked = { sysrq: true, collect: seconds(20) } as const;
const stamped = (...lines: readonly string[]) =>
  lines.map((line) => `[  912.100000] ${line}\r\n`).join("");

const SAYS: Readonly<Record<string, string>> = {
  h: stamped("sysrq: HELP : loglevel(0-9) reboot(b) show-blocked-tasks(w)"),
  w: stamped(
    "sysrq: Show Blocked State",
    "task:mount           state:D stack:0     pid:211   ppid:1",
  ),
  l: stamped("sysrq: Show backtrace of all active CPUs", "NMI backtrace for cpu 0"),
  m: stamped("sysrq: Show Memory", "Mem-Info:"),
  t: stamped("sysrq: Show State", "task:init            state:S stack:0     pid:1"),
};

/** User space is dead; its kernel answers to BREAK and a key. */
async function dead(
  policy: Partial<WatchPolicy> = {},
  kernel: ScriptedConsole["kernel"] = (key) => SAYS[key],
): Promise<ScriptedConsole> {
  bench = await new Bench(["web1"], { ...asked, ...policy }).start();
  const console = bench.console();
  console.carriesBreak = true;
  console.kernel = kernel;
  console.answers = "none";
  console.shows("crash", "panic", "recover", "Kernel panic - not syncing: Fatal exception");
  return console;
}

const lettersOf = ({ sent }: ScriptedConsole) =>
  sent.filter((key, n) => /^[a-z]$/.test(key) && sent[n - 1] === "BREAK" && key !== "h").join("");
const cuts = () => bench.relay.orders.filter((order) => order.startsWith("cycle")).length;
const record = () => bench.incidents.list([])[0]?.record;

describe("before a cut", () => {
  it("asks a kernel whose user space is dead, keeps what it says, and cuts", async () => {
    const console = await dead();
    await bench.pass(seconds(110));
    expect(lettersOf(console)).toBe("wlmt");
    expect(cuts()).toBe(1);
    const { collected, story = [], evidence = [] } = record() ?? {};
    expect(collected?.parts.map(({ what, all }) => `${what.slice(0, 7)} ${all}`)).toEqual([
      "SysRq w 2",
      "SysRq l 2",
      "SysRq m 2",
      "SysRq t 2",
    ]);
    expect(collected?.note).toBe("");
    expect(story.map(({ type }) => type)).not.toContain("watch.veto");
    expect(evidence.map((one) => one.class)).toEqual(["login-prompt", "panic"]);
    expect(await bench.texts("watch.collect")).toEqual([
      expect.stringMatching(/^before it: SysRq w, SysRq l, SysRq m, SysRq t taken in \d[\w ]*s$/),
    ]);
    const folder = bench.incidents.list([])[0]?.folder ?? "";
    expect(fs.readFileSync(join(folder, "collected.txt"), "utf8")).toContain("task:mount");
    expect(fs.readFileSync(join(folder, "cut.raw"), "latin1")).toContain("Kernel panic");
    const page = bench.incidents.list([])[0]?.text ?? "";
    expect(page).toContain("## What was taken before the cut");
    expect(page).toContain("SysRq w: tasks that wait and cannot be interrupted, 2 lines");
  });

  it("is not called off by what a person typed long ago", async () => {
    bench = await new Bench(["web1"], asked).start();
    const console = bench.console();
    console.types("uptime\r");
    await bench.pass(minutes(30));
    Object.assign(console, { carriesBreak: true, kernel: (key: string) => SAYS[key] });
    console.panics();
    await bench.pass(seconds(110));
    expect(lettersOf(console)).toBe("wlmt");
    expect(cuts()).toBe(1);
    expect(await bench.texts("watch.veto")).toEqual([]);
  });

  it.each([
    ["a login prompt", "\r\nweb1 login: "],
    ["a line of a program", "backup: 12 files done\r\n"],
    ["a line of a program by way of the kernel", stamped("systemd[1]: Reached target Login.")],
    ["a shell's prompt in the middle of the kernel's lines", `root@web1:~# ${SAYS.m}`],
  ])("does not cut a host that shows life meanwhile: %s", async (_, life) => {
    const console = await dead({}, (key) => (key === "l" ? `${SAYS.l}${life}` : SAYS[key]));
    await bench.pass(seconds(85));
    expect(lettersOf(console)).toBe("wl");
    console.answers = "alive";
    await bench.pass(minutes(10));
    expect(cuts()).toBe(0);
    expect(record()?.collected?.note).toMatch(/the console spoke|lives there/);
    expect(record()?.state).toBe("closed");
  });

  it("life that shows when all is taken, before the outlet moves, stops it too", async () => {
    const console = await dead();
    bench.relay.meanwhile = () => console.prints("web1 login: ");
    await bench.pass(seconds(110));
    expect(lettersOf(console)).toBe("wlmt");
    expect(cuts()).toBe(0);
  });

  it("what the kernel says by itself once all is taken stops it, as ever", async () => {
    const console = await dead();
    bench.relay.meanwhile = () => console.prints(stamped("nfs: server a OK"));
    await bench.pass(seconds(110));
    expect(lettersOf(console)).toBe("wlmt");
    expect(cuts()).toBe(0);
  });

  it("does not cut a host that starts meanwhile, whatever its new kernel says in the same piece", async () => {
    const start = [
      { class: "boot", state: "healthy", line: "[    0.000000] Linux version 6.1.0" },
      { class: "kernel-warning", state: "warning", line: "[    0.100000] ACPI BIOS Error" },
    ] as const;
    const console = await dead({}, (key) => {
      if (key === "l") bench.clock.after(500, () => console.showsAtOnce(...start));
      return SAYS[key];
    });
    await bench.pass(seconds(110));
    expect(lettersOf(console)).toBe("wl");
    expect(cuts()).toBe(0);
  });

  it("a kernel that prints without end delays it by no more than its limit, and is cut", async () => {
    const console = await dead({ collect: seconds(10) });
    const flood = () => {
      if (cuts() > 0) return;
      console.prints(stamped("task:kworker/0:1 state:I", "Call Trace:"));
      bench.clock.after(seconds(1) / 4, flood);
    };
    console.kernel = (key) => {
      if (key === "w") bench.clock.after(1, flood);
      return SAYS[key];
    };
    await bench.pass(seconds(70));
    expect(lettersOf(console)).toBe("w");
    const began = bench.clock.monotonic();
    for (let n = 0; n < 60 && cuts() === 0; n++) await bench.pass(seconds(1));
    expect(cuts()).toBe(1);
    expect(bench.clock.monotonic() - began).toBeLessThanOrEqual(seconds(15));
    expect(record()?.collected?.took).toBeLessThanOrEqual(seconds(10));
    expect(record()?.collected?.note).toMatch(/no time was left from SysRq l on/);
  });

  it.each<[string, Partial<WatchPolicy>, ScriptedConsole["kernel"], RegExp]>([
    ["it is not known to take SysRq", { sysrq: false }, (key) => SAYS[key], /not allowed/],
    ["the kernel did not answer in the probe", {}, () => undefined, /did not answer to SysRq/],
    [
      "its lines carry no stamp",
      {},
      (key) => SAYS[key]?.replaceAll(/\[ {2}912.100000\] /g, ""),
      /carry no stamp/,
    ],
  ])(
    "types nothing for it where %s, keeps the screen, and cuts",
    async (_, policy, kernel, why) => {
      const console = await dead(policy, kernel);
      await bench.pass(seconds(110));
      expect(lettersOf(console)).toBe("");
      expect(cuts()).toBe(1);
      expect(record()?.collected).toMatchObject({ parts: [], note: expect.stringMatching(why) });
      expect(record()?.screenCut?.join("\n")).toContain("Kernel panic");
    },
  );

  it("types nothing where a shell or a loader waits in the last row", async () => {
    const console = await dead({}, (key) => `root@web1:~# ${SAYS[key]}`);
    console.lines.push("root@web1:~# ");
    await bench.pass(seconds(110));
    expect(lettersOf(console)).toBe("");
    expect([cuts(), record()?.collected?.note]).toEqual([1, "something waits for text there"]);
  });

  it("stops at once when a person takes the seat, and nothing is cut", async () => {
    const console = await dead({}, (key) => {
      if (key === "w") bench.clock.after(seconds(1) / 2, () => console.sits("jana"));
      return SAYS[key];
    });
    await bench.pass(minutes(5));
    expect(lettersOf(console)).toBe("w");
    expect(cuts()).toBe(0);
  });

  it("a line that takes nothing any more delays the cut by no more than the limit", async () => {
    const console = await dead();
    console.hangs = true;
    await bench.pass(seconds(65));
    expect(lettersOf(console)).toBe("w");
    expect(cuts()).toBe(0);
    await bench.pass(seconds(25));
    expect(cuts()).toBe(1);
    expect(record()?.collected).toMatchObject({ took: 20_000, note: "the console took too long" });
  });

  it("is off where its limit is 0, and where nothing will be cut", async () => {
    const off = await dead({ collect: 0 });
    await bench.pass(seconds(110));
    expect([cuts(), lettersOf(off), record()?.collected]).toEqual([1, "", undefined]);
    await bench.end();
    const refused = await dead({ budget: { cycles: 0, per: minutes(60) } });
    await bench.pass(minutes(20));
    expect([cuts(), lettersOf(refused), record()?.collected]).toEqual([0, "", undefined]);
  });

  it("takes it once an incident, and takes back a letter that the kernel does not know", async () => {
    const console = await dead({}, (key) => (key === "w" || key === "h" ? SAYS[key] : undefined));
    bench.relay.meanwhile = () => console.types("x");
    await bench.pass(minutes(30));
    expect(lettersOf(console)).toBe("wl");
    expect(console.sent).toContain("\x15");
    expect(record()?.collected?.note).toBe("the kernel did not answer to SysRq l");
  });

  it("leaves the long list out before a rung that needs the kernel", async () => {
    const console = await dead({ ladder: ["sysrq", "cycle"] });
    await bench.pass(seconds(110));
    expect(bench.runs.map(({ name }) => name)).toEqual(["sysrq-reboot"]);
    expect(lettersOf(console)).toBe("wlm");
  });
});
