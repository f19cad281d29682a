import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import exec from "../../../drivers/console/exec.ts";
import { latin1 } from "../../../src/lib/bytes.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import type { Link, LinkNotice, OpenContext } from "../../../src/sdk/link.ts";
import type { OptionValues } from "../../../src/sdk/options.ts";

const links: Link[] = [];
afterEach(async () => {
  for (const link of links.splice(0)) await link.close();
});

const context: OpenContext = {
  clock: systemClock,
  secret: () => Promise.reject(new Error("no secrets here")),
  signal: new AbortController().signal,
  progress: () => undefined,
  reopening: false,
};

async function run(command: readonly string[] | string, more: OptionValues = {}): Promise<Link> {
  const link = await exec.open({ command, ...more }, context);
  links.push(link);
  return link;
}

async function output(link: Link): Promise<string> {
  let text = "";
  for await (const chunk of link.bytes) text += Buffer.from(chunk).toString("latin1");
  return text;
}

/** Reads until the output has `text` in it. */
async function until(bytes: AsyncIterator<Uint8Array>, text: string): Promise<string> {
  let seen = "";
  while (!seen.includes(text)) {
    const { value, done } = await bytes.next();
    if (done) throw new Error(`ended after ${JSON.stringify(seen)}`);
    seen += Buffer.from(value).toString("latin1");
  }
  return seen;
}

const source = (path: string) => new URL(`../../../src/${path}`, import.meta.url).pathname;

const iterate = (link: Link) => link.bytes[Symbol.asyncIterator]();

function runs(pid: number): boolean {
  try {
    // A zombie that nobody has collected yet is dead as well.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "latin1"));
  } catch {
    return false;
  }
}

/** Some process has this text among its words. */
function running(text: string): boolean {
  return readdirSync("/proc").some((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "latin1").includes(text);
    } catch {
      return false;
    }
  });
}

async function refusal(promise: Promise<unknown>): Promise<{ code: string; message: string }> {
  return promise.then(
    () => Promise.reject(new Error("it should have failed")),
    (error: { code: string; message: string }) => error,
  );
}

describe("exec", () => {
  it("open() runs the command on a terminal of the size and kind that was asked for", async () => {
    const command = ["sh", "-c", "tty; stty size; echo $TERM; [ -t 2 ] && echo stderr"];
    const text = await output(await run(command, { rows: 50, columns: 132, term: "xterm" }));
    expect(text).toMatch(/^\/dev\/pts\/\d+\r\n50 132\r\nxterm\r\nstderr\r\n$/);
  });

  it("bytes and write() carry keys and answers", async () => {
    const link = await run(["sh", "-c", "stty raw -echo; echo go; cat"]);
    const bytes = iterate(link);
    await until(bytes, "go\n");
    const all = Uint8Array.from({ length: 256 }, (_, i) => i);
    await link.write(all);
    await link.write(latin1("END"));
    expect(await until(bytes, "END")).toBe(`${Buffer.from(all).toString("latin1")}END`);
  });

  it("bytes ends after a good end and tells the status", async () => {
    const link = await run(["true"]);
    const notices: LinkNotice[] = [];
    link.onNotice?.((notice) => notices.push(notice));
    expect(await output(link)).toBe("");
    expect(notices).toEqual([{ is: "note", text: '"true" ended with status 0' }]);
  });

  it("bytes throws LINK_LOST with the status after a bad end", async () => {
    const link = await run(["sh", "-c", "echo bye; exit 3"]);
    const bytes = iterate(link);
    await until(bytes, "bye");
    const error = await refusal(bytes.next().then(() => bytes.next()));
    expect(error).toMatchObject({
      code: "LINK_LOST",
      message: 'Lost exec sh -c echo bye; exit 3: "sh" ended with status 3',
    });
    expect((await refusal(link.write(latin1("x")))).code).toBe("LINK_LOST");
  });

  it("bytes names the signal that ended the command", async () => {
    const error = await refusal(output(await run(["sh", "-c", "kill -9 $$"])));
    expect(error.message).toContain('"sh" ended by signal 9');
  });

  it("close() ends the command and what it started, also what ignores the hang-up", async () => {
    const link = await run(["sh", "-c", "trap '' HUP TERM; sleep 600 & echo $$ $! ready; wait"]);
    const seen = await until(iterate(link), "ready");
    const pids = seen.trim().split(" ").slice(0, 2).map(Number);
    expect(pids.map(runs)).toEqual([true, true]);
    await link.close();
    await expect.poll(() => pids.map(runs)).toEqual([false, false]);
  });

  it("the command does not outlive a killed process of ours", async () => {
    const program = `
      import { createJiti } from "jiti";
      const jiti = createJiti(${JSON.stringify(import.meta.url)}, { alias: {
        "oob/sdk": ${JSON.stringify(source("sdk/index.ts"))},
        "oob/codec/shell-words": ${JSON.stringify(source("codec/shell-words.ts"))} } });
      const { default: exec } = await jiti.import("../../../drivers/console/exec.ts");
      const link = await exec.open({ command: ["sh", "-c", "echo $$ ready; sleep 600"] },
        { signal: new AbortController().signal });
      for await (const chunk of link.bytes) process.stdout.write(chunk);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
      stdio: ["ignore", "pipe", "inherit"],
      cwd: new URL("../../..", import.meta.url).pathname,
    });
    const [first] = (await once(child.stdout, "data")) as [Buffer];
    const pid = Number.parseInt(first.toString(), 10);
    expect(runs(pid)).toBe(true);
    child.kill("SIGKILL");
    await expect.poll(() => runs(pid), { timeout: 10_000 }).toBe(false);
  });

  it("a killed process of ours types nothing: script(1) would type ^D", async () => {
    const file = join(mkdtempSync(join(tmpdir(), "oob-exec-")), "typed");
    const program = `
      import { createJiti } from "jiti";
      const jiti = createJiti(${JSON.stringify(import.meta.url)}, { alias: {
        "oob/sdk": ${JSON.stringify(source("sdk/index.ts"))},
        "oob/codec/shell-words": ${JSON.stringify(source("codec/shell-words.ts"))} } });
      const { default: exec } = await jiti.import("../../../drivers/console/exec.ts");
      const open = () => exec.open({ command: ["sh", "-c", "stty raw -echo; echo go; cat >> ${file}; echo END >> ${file}"] },
        { signal: new AbortController().signal });
      const links = await Promise.all(Array.from({ length: 12 }, open));
      await Promise.all(links.map(async (link) => {
        await link.bytes[Symbol.asyncIterator]().next();
        await link.write(new Uint8Array([120]));
      }));
      process.stdout.write("typed");`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
      stdio: ["ignore", "pipe", "inherit"],
      cwd: new URL("../../..", import.meta.url).pathname,
    });
    await once(child.stdout, "data");
    const typed = () => readFileSync(file, "latin1");
    await expect.poll(typed, { timeout: 10_000 }).toBe("x".repeat(12));
    child.kill("SIGKILL");
    await expect.poll(() => running(file), { timeout: 10_000 }).toBe(false);
    expect(typed()).toBe("x".repeat(12));
  });

  it("open() passes every word as it is", async () => {
    const word = fc
      .string({ unit: "grapheme", maxLength: 20 })
      .filter((text) => !text.includes("\0"));
    const nasty = fc.constantFrom(
      "'",
      "''",
      "$(reboot)",
      "`id`",
      "; id",
      "a'b",
      "\\",
      "*",
      "~",
      "$HOME",
      "-n",
      "\n",
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(word, nasty), { maxLength: 6 }), async (words) => {
        const print = "process.stdout.write(JSON.stringify(process.argv.slice(1)))";
        const text = await output(await run([process.execPath, "-e", print, "--", ...words]));
        expect(JSON.parse(Buffer.from(text, "latin1").toString("utf8"))).toEqual(words);
      }),
      { numRuns: 25 },
    );
  });

  it("open() gives the command no secrets of our environment", async () => {
    process.env.OOB_TEST_PASSWORD = "hunter2";
    const text = await output(await run("env"));
    delete process.env.OOB_TEST_PASSWORD;
    expect(text).toContain("TERM=vt220");
    expect(text).not.toContain("hunter2");
  });

  it("open() refuses a program that is not there, an empty command and a NUL", async () => {
    expect(await refusal(run(["oob-no-such-program"]))).toMatchObject({
      code: "LINK_REFUSED",
      message: 'Cannot run "oob-no-such-program": no such program',
    });
    expect((await refusal(run(["/etc/passwd"]))).code).toBe("LINK_REFUSED");
    for (const command of ["", "  ", [], ["a\0b", "c"]])
      expect((await refusal(run(command))).code).toBe("USAGE");
  });

  it("sendBreak is absent: a terminal has none", async () => {
    expect((await run(["true"])).sendBreak).toBeUndefined();
  });
});
