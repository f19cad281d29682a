import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { seconds } from "../../src/lib/durations.ts";
import { shellKit } from "../core/runbook/shell-kit.ts";

const TIME = 120_000;

let kit: Awaited<ReturnType<typeof shellKit>> | undefined;
afterEach(async () => {
  await kit?.end();
  kit = undefined;
});
const start = async (options: Parameters<typeof shellKit>[0] = {}) => {
  kit = await shellKit(options);
  return kit;
};

/** About 20 kB of text that no packer makes small. */
const NOISY = `i=0; while [ $i -lt 300 ]; do printf '%s %s\\n' $i "$(printf $i|sha256sum)"; i=$((i+1)); done`;

/** A generator of the same numbers in every run. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

describe("a line that damages bytes", () => {
  it("run() runs its command once, and its output is what the host has", {
    timeout: TIME,
  }, async () => {
    const { run, trouble, home, hostFolder } = await start();
    const next = dice(7);
    const spoil = (bytes: Buffer) =>
      Buffer.from([...bytes].flatMap((byte) => (next() < 0.002 ? [] : [byte])));
    const { result, story } = await run(async ({ console }) => {
      await console.login();
      await console.run("true");
      trouble.typed = spoil;
      trouble.printed = spoil;
      for (let n = 0; n < 3; n++) {
        const { status, output } = await console.run(`echo run ${n} >>ran; cat ran; exit ${n}`);
        expect(status).toBe(n);
        expect(output).toBe(Array.from({ length: n + 1 }, (_, one) => `run ${one}\n`).join(""));
      }
      trouble.typed = (bytes) => bytes;
      trouble.printed = (bytes) => bytes;
      return "done";
    });
    expect(result, story).toBe("done");
    expect(readFileSync(join(home, "ran"), "utf8").split("\n")).toHaveLength(4);
    expect(existsSync(join(hostFolder, "left-behind.json"))).toBe(false);
  });

  it("capture() asks again for what was changed on the way", { timeout: TIME }, async () => {
    const { run, trouble } = await start({ command: ["busybox", "sh", "-i"] });
    const next = dice(3);
    const { result, story } = await run(async ({ console }) => {
      await console.login();
      const before = await console.capture(NOISY);
      expect(before.resent).toBe(0);
      trouble.printed = (bytes) =>
        Buffer.from(bytes.map((byte) => (next() < 0.0001 ? byte ^ 4 : byte)));
      const after = await console.capture(NOISY);
      trouble.printed = (bytes) => bytes;
      expect(after.text).toBe(before.text);
      expect(after.resent).toBeGreaterThan(0);
      return "done";
    });
    expect(result, story).toBe("done");
  });

  it("a line that lets nothing through whole ends in a clear error", {
    timeout: TIME,
  }, async () => {
    const { run, trouble } = await start();
    const { end } = await run(async ({ console }) => {
      await console.login();
      await console.run("true");
      trouble.printed = (bytes) =>
        Buffer.from(bytes.map((byte, at) => (at % 40 === 7 ? 0x2e : byte)));
      await console.capture(NOISY, { within: seconds(8) });
      return "done";
    });
    expect(end?.result).toBe("failed");
    expect(end?.text).toMatch(/at web1/);
    expect(["TRANSFER_FAILED", "EXPECT_TIMEOUT"]).toContain(end?.error?.code);
  });
});

describe("a kernel that talks", () => {
  it("in the middle of every answer: text, status and digest are right all the same", {
    timeout: TIME,
  }, async () => {
    const { run, trouble } = await start();
    let at = 12;
    const chatter = (bytes: Buffer) => {
      at += 0.01;
      const line = `[${at.toFixed(6).padStart(12)}] usb 1-1: device descriptor read/64, error -71\r\n`;
      const middle = Math.floor(bytes.length / 2);
      return Buffer.concat([bytes.subarray(0, middle), Buffer.from(line), bytes.subarray(middle)]);
    };
    const { result, story } = await run(async ({ console, identify }) => {
      await console.login();
      trouble.printed = chatter;
      expect(await identify()).toMatchObject({ system: "Linux" });
      expect(await console.run("echo one; echo two; exit 4")).toEqual({
        status: 4,
        output: "one\ntwo\n",
      });
      const { text, status } = await console.capture("seq 2000");
      trouble.printed = (bytes) => bytes;
      expect(status).toBe(0);
      expect(text).toBe(Array.from({ length: 2000 }, (_, n) => `${n + 1}\n`).join(""));
      return "done";
    });
    expect(result, story).toBe("done");
  });
});

describe("a host that goes another way", () => {
  it("rebooted in the middle of a capture: said at once, nothing typed at its login prompt", {
    timeout: TIME,
  }, async () => {
    const { run, restart, wire } = await start();
    let typed = 0;
    const { end } = await run(async ({ console, step }) => {
      await console.login();
      await console.run("true");
      setTimeout(() => {
        void restart([
          "sh",
          "-c",
          "printf '\\r\\nDebian GNU/Linux 12 web1 ttyS0\\r\\n\\r\\nweb1 login: '; exec sleep 1000",
        ]).then(() => {
          typed = wire.typed.length;
        });
      }, 1000);
      await step("list", () => console.capture("sleep 3000", { within: seconds(60) }));
      return "done";
    });
    expect(end).toMatchObject({ result: "failed", step: "list" });
    expect(end?.text).toContain("the host asks for a login: it was rebooted, or logged out");
    expect(wire.typed.length).toBe(typed);
  });

  it("a command that outlasts its time is left to run, and its shell is not interrupted", {
    timeout: TIME,
  }, async () => {
    const { run, wire, home } = await start();
    const { end } = await run(async ({ console }) => {
      await console.login();
      await console.run("sleep 4; echo done >late", seconds(1));
      return "done";
    });
    expect(end?.error?.code).toBe("EXPECT_TIMEOUT");
    expect(end?.text).toContain('waited 1s for the end of "sleep 4; echo done >late"');
    expect(wire.typed.join("")).not.toContain("\u0003");
    await expect.poll(() => existsSync(join(home, "late")), { timeout: 30_000 }).toBe(true);
  });

  it("a person who takes the seat ends a capture at once; the next run takes away what was left", {
    timeout: TIME,
  }, async () => {
    const { run, takeSeat, hostFolder, wire, leftFolders } = await start();
    let typed = 0;
    const { end } = await run(async ({ console }) => {
      await console.login();
      await console.run("true");
      setTimeout(() => {
        void takeSeat().then(() => {
          typed = wire.typed.length;
        });
      }, 500);
      await console.capture("sleep 2; seq 10", { within: seconds(60) });
      return "done";
    });
    expect(end?.error?.code).toBe("SEAT_TAKEN");
    expect(wire.typed.length).toBe(typed);
    const left = leftFolders();
    expect(left).toHaveLength(1);
    expect(JSON.parse(readFileSync(join(hostFolder, "left-behind.json"), "utf8"))).toEqual(left);
  });
});

describe("shells and terminals of all kinds", () => {
  it("echo off, a prompt in two lines, an 80 columns line editor", { timeout: TIME }, async () => {
    for (const options of [
      { command: ["dash", "-i"], prompt: "~~ 12:00 ~~\n$ " },
      {
        command: ["bash", "--norc", "-i"],
        prompt: "\\[\\e[1;32m\\]administrateur@web1-très-long\\[\\e[0m\\]:~# ",
      },
    ]) {
      const { run, end, pty } = await start({ ...options, shown: /[$#] $/ });
      if (options.command[0] === "dash") {
        await pty.write("stty -echo\r");
      }
      const { result, story } = await run(async ({ console }) => {
        await console.login();
        const { text } = await console.capture("seq 3000");
        expect(text.split("\n")).toHaveLength(3001);
        expect((await console.run("echo héhé")).output).toBe("héhé\n");
        return "done";
      });
      expect(result, story).toBe("done");
      await end();
      kit = undefined;
    }
  });

  it("a host without gzip, base64, cksum and sha256sum: by md5sum and od", {
    timeout: TIME,
  }, async () => {
    const { home, end } = await start();
    const tools = join(home, "tools");
    mkdirSync(tools);
    const keep = [
      "sh",
      "cat",
      "echo",
      "printf",
      "wc",
      "dd",
      "mkdir",
      "rm",
      "mv",
      "cp",
      "chmod",
      "md5sum",
      "od",
      "stty",
      "seq",
      "sleep",
      "id",
      "hostname",
      "uname",
      "test",
      "[",
    ];
    for (const tool of keep) {
      const path = [`/usr/bin/${tool}`, `/bin/${tool}`].find((one) => existsSync(one));
      if (path) symlinkSync(path, join(tools, tool));
    }
    const poor = await shellKit({ command: ["/bin/dash", "-i"], path: tools });
    try {
      const { result, story } = await poor.run(async ({ console, act }) => {
        await console.login();
        const { text } = await console.capture("seq 900");
        expect(text.split("\n")).toHaveLength(901);
        await act("put", () => console.put(join(poor.home, "file"), "text\n"));
        return "done";
      });
      expect(result, story).toBe("done");
      expect(readFileSync(join(poor.home, "file"), "utf8")).toBe("text\n");
    } finally {
      await poor.end();
      await end();
      kit = undefined;
    }
  });

  it("a host that can prove nothing: run() as it comes, capture() says what is missing", {
    timeout: TIME,
  }, async () => {
    const { home, end } = await start();
    const tools = join(home, "tools");
    mkdirSync(tools);
    symlinkSync("/bin/sh", join(tools, "sh"));
    const bare = await shellKit({ command: ["/bin/dash", "-i"], path: tools });
    try {
      const { end: last } = await bare.run(async ({ console }) => {
        await console.login();
        expect(await console.run("echo plain; exit 2")).toEqual({ status: 2, output: "plain\n" });
        await console.capture("echo no", { what: "a list" });
        return "done";
      });
      expect(last?.error?.code).toBe("TRANSFER_FAILED");
      expect(last?.text).toBe(
        'Cannot capture "a list" at web1: it cannot prove what comes: neither cksum nor md5sum nor SHA-256',
      );
    } finally {
      await bare.end();
      await end();
      kit = undefined;
    }
  });
});

describe("put()", () => {
  it("refuses links and folders, and leaves the old file where the new one does not fit", {
    timeout: TIME,
  }, async () => {
    const { run, home } = await start();
    writeFileSync(join(home, "real"), "old\n");
    symlinkSync("real", join(home, "link"));
    mkdirSync(join(home, "folder"));
    const tries: string[] = [];
    const { result, story } = await run(async ({ console }) => {
      await console.login();
      for (const name of ["link", "folder", "none/file"])
        await console
          .put(join(home, name), "new\n")
          .catch((thrown: Error) => tries.push(thrown.message));
      return "done";
    });
    expect(result, story).toBe("done");
    expect(tries[0]).toContain("it is a symbolic link: name the file itself");
    expect(tries[1]).toContain("it is a folder");
    expect(tries[2]).toContain("it cannot write");
    expect(readFileSync(join(home, "real"), "utf8")).toBe("old\n");
    expect(readdirSync(home).sort()).toEqual(["folder", "link", "real"]);
  });
});
