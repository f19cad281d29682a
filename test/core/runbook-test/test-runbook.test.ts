import { describe, expect, test } from "vitest";
import { parseRecording } from "../../../src/core/runbook-test/recording.ts";
import { testRunbook } from "../../../src/core/runbook-test/test-runbook.ts";
import { messageOf, OobError } from "../../../src/lib/errors.ts";
import { defineRunbook, type RunbookHands } from "../../../src/sdk/runbook.ts";

const WRITTEN = `# by hand
host: web1
os: linux/debian-12
power: on

$ df -P /
Filesystem 1024-blocks Used Available Capacity Mounted on
/dev/sda1 100 97 3 97% /

$ cat <<X
$ two
$ X
\\$ a printed prompt
[3]

$ uptime
first
$ uptime
second
> reboot
GRUB loading.
web1 login: 
$ *
anything
`;

const runbook = (run: (hands: RunbookHands) => Promise<string>) =>
  defineRunbook({
    title: "t",
    summary: "s",
    risk: "type",
    sources: [],
    options: {},
    timeout: 1,
    run,
  });
const play = async (run: (hands: RunbookHands) => Promise<string>, text = WRITTEN) => {
  const recording = parseRecording(text, "web1.rec");
  const load = async (name: string) => {
    throw new OobError("RUNBOOK_INVALID", `no "${name}"`);
  };
  const runs = await testRunbook({ name: "t", runbook: runbook(run), recording, set: {}, load });
  return Object.fromEntries(runs.map((one) => [one.variant, one]));
};

describe("parseRecording()", () => {
  test("commands, statuses, scripts of lines, what is typed, escapes", () => {
    const { commands, typed, ...head } = parseRecording(WRITTEN, "web1.rec");
    expect(head).toEqual({ host: "web1", os: "linux/debian-12", user: "root", power: "on" });
    expect(commands.get("cat <<X\ntwo\nX")).toEqual([
      { output: "$ a printed prompt\n", status: 3 },
    ]);
    expect(commands.get("uptime")).toEqual([
      { output: "first\n", status: 0 },
      { output: "second\n", status: 0 },
    ]);
    expect(typed.get("reboot")).toEqual(["GRUB loading.\nweb1 login: \n"]);
  });

  test.each([
    ["host: web1\nhots: x\n\n", '"x:2": expected one of host, os, user, power'],
    ["host: web1\n\ndf -P\n", '"x:3": expected "$ command" or "> what is typed"'],
    ["host: web1\npower: up\n\n", 'power is on, off or unknown, not "up"'],
    ["some text\n", "no runbook's commands stand in it"],
  ])("%j is refused with its line", (text, told) => {
    let thrown: unknown;
    try {
      parseRecording(text, "x");
    } catch (error) {
      thrown = error;
    }
    expect(messageOf(thrown)).toContain(told);
  });

  test("the log of a console: what runbooks ran there, stored and framed; a damaged one is left out", () => {
    const log = [
      "root@web1:~# \u001b[1m echo ob''-0123456789ab; : | sh -c 'sh /run/oob-1/k r 1 7 ZGY='; echo oe''-0123456789ab $?\u001b[0m",
      "ob-0123456789ab\r\n+ df -P /\r\n/dev/sda1 97%\r\n\n=0 14 14 12345 14 =678 9\r\noe-0123456789ab 0\r",
      "+ uptime\nlost\n\n=0 99 99 1 =2\n",
      "# echo ob''-ba9876543210; : | sh -c 'echo '\\''x'\\'''; echo oe''-ba9876543210 $?\r",
      "ob-ba9876543210\r\nx\r\noe-ba9876543210 1\r\n",
    ].join("\n");
    const { commands } = parseRecording(log, "web1.raw");
    expect([...commands]).toEqual([
      ["df -P /", [{ output: "/dev/sda1 97%\n", status: 0 }]],
      ["echo 'x'", [{ output: "x\n", status: 1 }]],
    ]);
  });
});

describe("testRunbook()", () => {
  const used = async ({ console, host }: RunbookHands) => {
    await console.login();
    const { output } = await console.run("df -P /");
    const found = / (\d+)% /.exec(output)?.[1];
    if (found === undefined) throw new OobError("RUNBOOK_FAILED", `Cannot read ${host.name}`);
    return `${found} %`;
  };

  test("one that reads with care passes all; the cut line is a clear failure", async () => {
    const runs = await play(used);
    expect(Object.values(runs).map(({ passes }) => passes)).toEqual(Array(5).fill(true));
    expect(runs.good).toMatchObject({ result: "done", text: "97 %" });
    expect(runs.cut).toMatchObject({ result: "failed" });
  });

  test("one that counts lines of run() says something else on a noisy line", async () => {
    const runs = await play(async ({ console }) => {
      const { output } = await console.run("df -P /");
      return `${output.split("\n").length} lines`;
    });
    expect(runs.noisy).toMatchObject({
      passes: false,
      why: "it says something else than on the good line",
    });
    expect(runs.good?.passes).toBe(true);
  });

  test("one whose limits are too short fails on the slow line", async () => {
    const runs = await play(async ({ console }) => {
      await console.run("df -P /", 100);
      return "ok";
    });
    expect(runs.slow?.why).toBe("its limits are too short for a slow line");
  });

  test("one that swallows every error is found out by the cut", async () => {
    const runs = await play((hands) => used(hands).catch(() => "97 %"));
    expect(runs.cut?.why).toBe("it is done although the line was cut");
  });

  test("one that throws what is no OobError is broken", async () => {
    const runs = await play(async ({ console }) => {
      const { text } = await console.capture("df -P /");
      if (text.includes("__proto__")) return (undefined as unknown as { x: string }).x;
      return "ok";
    });
    expect(runs.hostile).toMatchObject({ passes: false, result: "failed" });
    expect(runs.hostile?.why).toMatch(/^it broke/);
  });

  test("what is typed is answered, acts are counted, what is not recorded is named", async () => {
    const runs = await play(
      async ({ console, act }) => {
        await act("reboot", () => console.send("reboot\r"));
        await console.expect(/login: /, 1000);
        await console.run("id");
        return "ok";
      },
      WRITTEN.replace("$ *\nanything\n", ""),
    );
    expect(runs.good).toMatchObject({ acts: 1, missing: ["id"] });
    expect(runs.good?.why).toBe('the recording does not answer "id"');
  });
});
