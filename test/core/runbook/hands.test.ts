import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { shellKit } from "./shell-kit.ts";

const TIME = 60_000;
const SHELLS = [
  ["dash", ["dash", "-i"]],
  ["bash", ["bash", "--norc", "-i"]],
  ["busybox", ["busybox", "sh", "-i"]],
] as const;

let kit: Awaited<ReturnType<typeof shellKit>> | undefined;
let tools: string | undefined;
afterEach(async () => {
  await kit?.end();
  kit = undefined;
  if (tools) rmSync(tools, { recursive: true });
  tools = undefined;
});
const until = (is: () => boolean): Promise<void> => expect.poll(is, { timeout: 20_000 }).toBe(true);
/** Where the host finds this in place of a tool of its own. */
const pathWith = (name: string, script: string): string => {
  tools = mkdtempSync(join(tmpdir(), "oob-tools-"));
  writeFileSync(join(tools, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return `${tools}:${process.env.PATH}`;
};
const start = async (options: Parameters<typeof shellKit>[0] = {}) => {
  kit = await shellKit(options);
  return kit;
};

describe.each(SHELLS)("capture() at %s", (_, command) => {
  it("gives what a script printed, byte for byte, with its status, and leaves nothing", {
    timeout: TIME,
  }, async () => {
    const { run, hostFolder, leftFolders } = await start({ command });
    const text = `${"a line with 'quotes', $dollars, \\backslashes and `ticks`\n".repeat(700)}`;
    const { result, story } = await run(async ({ console }) => {
      await console.login();
      const short = await console.capture("printf 'one\\ttwo\\n'; exit 3");
      expect(short).toMatchObject({ status: 3, text: "one\ttwo\n", resent: 0 });
      const long = await console.capture(
        `i=0\nwhile [ $i -lt 700 ]; do\n  printf '%s\\n' 'a line with '\\''quotes'\\'', $dollars, \\backslashes and \`ticks\`'\n  i=$((i+1))\ndone`,
      );
      expect(long.text).toBe(text);
      expect(long.status).toBe(0);
      expect(long.wire).toBeLessThan(text.length / 4);
      const binary = await console.capture(
        "dd if=/dev/zero bs=1000 count=3 2>/dev/null; printf '\\001\\377\\r\\n'",
      );
      expect(Buffer.from(binary.bytes).subarray(2999).toString("hex")).toBe("0001ff0d0a");
      return "done";
    });
    expect(result, story).toBe("done");
    expect(leftFolders()).toEqual([]);
    expect(existsSync(join(hostFolder, "left-behind.json"))).toBe(false);
  });

  it("run() and put() at it, too", { timeout: TIME }, async () => {
    const { run, home } = await start({ command });
    writeFileSync(join(home, "old"), "before", { mode: 0o640 });
    const { result, story } = await run(async ({ console, act }) => {
      await console.login();
      expect(await console.run("echo it\\'s here; exit 7")).toEqual({
        status: 7,
        output: "it's here\n",
      });
      await act("put", () => console.put(join(home, "old"), "after\n"));
      await act("put", () =>
        console.put(join(home, "it's new"), "x".repeat(5000), { mode: 0o755 }),
      );
      return "done";
    });
    expect(result, story).toBe("done");
    expect(readFileSync(join(home, "old"), "utf8")).toBe("after\n");
    expect(statSync(join(home, "old")).mode & 0o777).toBe(0o640);
    expect(readFileSync(join(home, "it's new"), "utf8")).toBe("x".repeat(5000));
    expect(statSync(join(home, "it's new")).mode & 0o777).toBe(0o755);
    expect(readdirSync(home).filter((name) => !name.startsWith("."))).toHaveLength(2);
  });
});

describe("what runs leave on a host", () => {
  const left = (hostFolder: string): unknown =>
    JSON.parse(readFileSync(join(hostFolder, "left-behind.json"), "utf8"));

  it("is taken away however much it is; what cannot go yet is tried again", {
    timeout: TIME,
  }, async () => {
    const rm = 'case "$*" in */stuck/*)exit 1;;*)exec /bin/rm "$@";;esac';
    const { run, home, hostFolder } = await start({ path: pathWith("rm", rm) });
    const paths = Array.from({ length: 30 }, (_, n) => join(home, `x${n}`.repeat(5), "oob-0a1b2c"));
    for (const path of paths) mkdirSync(path, { recursive: true });
    const stuck = "/stuck/oob-0a1b2c";
    mkdirSync(hostFolder, { recursive: true });
    writeFileSync(join(hostFolder, "left-behind.json"), JSON.stringify([...paths, stuck]));
    const { result, story } = await run(async ({ console }) => {
      await console.login();
      return (await console.run("echo here")).output;
    });
    expect(result, story).toBe("done");
    expect(paths.filter((path) => existsSync(path))).toEqual([]);
    expect(left(hostFolder)).toEqual([stuck]);
  });

  it("is known when somebody else logs in in between, and goes with the next run", {
    timeout: TIME,
  }, async () => {
    const login =
      'while :;do u=;while [ -z "$u" ];do printf "web1 login: ";read u;done;printf "Password: ";stty -echo;read p;stty echo;echo;[ -z "$p" ]||PS1="web1# " dash -i;done';
    const { run, hostFolder, leftFolders } = await start({
      command: ["dash", "-c", login],
      prompt: "web1 login: ",
    });
    const first = await run(async ({ console }) => {
      await console.login();
      await console.run("echo here");
      await console.send(" exit\r");
      await console.login();
      return "done";
    });
    expect(first.result, first.story).toBe("done");
    expect(left(hostFolder)).toEqual(leftFolders());
    const second = await run(async ({ console }) => {
      await console.login();
      return (await console.run("echo here")).output;
    });
    expect(second.result, second.story).toBe("done");
    expect(leftFolders()).toEqual([]);
  });
});

it("a host that promises more than a capture may have is not asked for it", {
  timeout: TIME,
}, async () => {
  const wc = `case $(readlink /proc/self/fd/0) in */1.z)echo 99999999999;;*)exec /usr/bin/wc "$@";;esac`;
  const { run } = await start({ path: pathWith("wc", wc) });
  const { end } = await run(async ({ console }) => {
    await console.login();
    return (await console.run("seq 1000")).output;
  });
  expect(end?.text).toContain("it printed 99999999999 bytes");
});

it.each(["between two commands", "while its output is fetched"])(
  "a host that restarts %s: nothing is typed at its boot loader",
  { timeout: TIME },
  async (when) => {
    const { run, restart, wire } = await start({ bytesPerSecond: 8000 });
    const grub = ["dash", "-c", "stty -echo;echo;echo 'GNU GRUB  version 2.06';exec sleep 99"];
    let typed = 0;
    const { end } = await run(async ({ console }) => {
      await console.login();
      await console.run("true");
      const restarts = async () => {
        await restart(grub);
        await expect
          .poll(async () => (await console.screen()).rows.join(), { timeout: TIME })
          .toContain("GRUB");
        typed = wire.typed.length;
      };
      if (when === "between two commands") await restarts();
      else void until(() => wire.typed.join("").includes("/k p ")).then(restarts);
      return (await console.run("seq 20000")).output;
    });
    expect(end?.text).toContain("the host was restarted meanwhile");
    expect(wire.typed.slice(typed)).toEqual([]);
  },
);
