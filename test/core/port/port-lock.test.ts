import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { lockPort } from "../../../src/core/port/port-lock.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import type { OobError } from "../../../src/lib/errors.ts";

let base = "";
let folder = "";
let uucpFolder = "";
const bases: string[] = [];
const children: ChildProcess[] = [];

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), "oob-lock-"));
  bases.push(base);
  folder = join(base, "locks");
  uucpFolder = join(base, "uucp");
  await mkdir(uucpFolder);
});

afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  for (const one of bases) await rm(one, { recursive: true, force: true });
});

const lock = (device: string, who = "oob serve") =>
  lockPort({ folder, device, who, clock: systemClock, uucpFolder });

async function refusal(promise: Promise<unknown>): Promise<OobError> {
  return promise.then(
    () => Promise.reject(new Error("it should have been refused")),
    (error: OobError) => error,
  );
}

/** A process that takes and drops locks when told: "take DEVICE", "drop". */
async function contender(): Promise<(line: string) => Promise<string>> {
  const program = `
    import { createJiti } from "jiti";
    import { createInterface } from "node:readline";
    const jiti = createJiti(${JSON.stringify(import.meta.url)});
    const { lockPort } = await jiti.import("../../../src/core/port/port-lock.ts");
    const { systemClock } = await jiti.import("../../../src/lib/clock.ts");
    let held;
    console.log("ready");
    for await (const line of createInterface({ input: process.stdin })) {
      const [verb, device] = line.split(" ");
      if (verb === "drop") { await held?.release(); held = undefined; console.log("dropped"); continue; }
      try {
        held = await lockPort({ folder: ${JSON.stringify(folder)}, device, who: "contender",
          clock: systemClock, uucpFolder: ${JSON.stringify(uucpFolder)} });
        console.log("won");
      } catch (error) { console.log(error.code ?? error.stack); }
    }`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["pipe", "pipe", "inherit"],
    cwd: new URL("../../..", import.meta.url).pathname,
  });
  children.push(child);
  const lines = createInterface({ input: child.stdout });
  const answers = lines[Symbol.asyncIterator]();
  await answers.next();
  return async (line) => {
    child.stdin.write(`${line}\n`);
    return String((await answers.next()).value);
  };
}

/** Lock files of a process that died: same boot, a process id that is not in use. */
const deadOwner = async (more: object = {}) =>
  `${JSON.stringify({
    who: "oob serve",
    pid: 2 ** 22 + 1,
    started: "1",
    boot: (await readFile("/proc/sys/kernel/random/boot_id", "latin1")).trim(),
    pidSpace: await readlink("/proc/self/ns/pid"),
    node: hostname(),
    nonce: "dead",
    ...more,
  })}\n`;

async function lockFile(device: string): Promise<string> {
  const held = await lock(device);
  const [name = ""] = await readdir(folder);
  await held.release();
  return join(folder, name);
}

describe("lockPort()", () => {
  it("keeps a second one out, names who has it, and lets it in after release", async () => {
    const held = await lock("ts1:7003", "oob attach web1 (alice)");
    const error = await refusal(lock("ts1:7003"));
    expect(error.code).toBe("PORT_BUSY");
    expect(error.message).toBe(
      `Cannot use "ts1:7003": "oob attach web1 (alice)" (pid ${process.pid}) has it`,
    );
    await (await lock("ts1:7004")).release();
    await held.release();
    await (await lock("ts1:7003")).release();
    expect(await readdir(folder)).toEqual([]);
  });

  it("knows a device by the name that links lead to", async () => {
    const real = join(base, "tty0");
    await writeFile(real, "");
    await symlink(real, join(base, "by-id"));
    const held = await lock(join(base, "by-id"));
    expect((await refusal(lock(real))).code).toBe("PORT_BUSY");
    await held.release();
  });

  it("is won by exactly one of two processes, 100 times", { timeout: 120_000 }, async () => {
    const [a, b] = await Promise.all([contender(), contender()]);
    for (let round = 0; round < 100; round++) {
      const answers = await Promise.all([a("take ts1:7001"), b("take ts1:7001")]);
      expect(answers.sort()).toEqual(["PORT_BUSY", "won"]);
      await Promise.all([a("drop"), b("drop")]);
    }
  });

  it("is taken over from the dead by exactly one of four, 100 times", {
    timeout: 120_000,
  }, async () => {
    const racers = await Promise.all([contender(), contender(), contender(), contender()]);
    const file = await lockFile("ts1:7001");
    for (let round = 0; round < 100; round++) {
      await writeFile(file, await deadOwner({ nonce: `dead${round}` }));
      const answers = await Promise.all(racers.map((race) => race("take ts1:7001")));
      expect(answers.sort()).toEqual(["PORT_BUSY", "PORT_BUSY", "PORT_BUSY", "won"]);
      await Promise.all(racers.map((race) => race("drop")));
    }
    expect(await readdir(folder)).toEqual([]);
  });

  it("takes over from a killed process, a reused process id, another boot and an empty file", async () => {
    const file = await lockFile("ts1:7001");
    const started = "1";
    for (const left of [
      await deadOwner(),
      await deadOwner({ pid: process.pid, started }),
      await deadOwner({ pid: process.pid, boot: "another" }),
      await deadOwner({ pid: -1 }),
      "",
      "\u0000\u0000\u0000",
      "[]",
    ]) {
      await writeFile(file, left);
      await (await lock("ts1:7001")).release();
    }
  });

  it("takes over where the one who took over died half-way", async () => {
    const file = await lockFile("ts1:7001");
    const left = await deadOwner();
    await writeFile(file, left);
    const { createHash } = await import("node:crypto");
    const id = createHash("sha256").update(left).digest("hex").slice(0, 16);
    await writeFile(`${file}.${id}.guard`, await deadOwner({ nonce: "guard" }));
    await (await lock("ts1:7001")).release();
    expect(await readdir(folder)).toEqual([]);
  });

  it("believes a lock whose process id belongs to another container", async () => {
    const file = await lockFile("ts1:7001");
    await writeFile(file, await deadOwner({ pidSpace: "pid:[1]" }));
    expect((await refusal(lock("ts1:7001"))).code).toBe("PORT_BUSY");
  });

  it("believes a lock from another machine: its processes cannot be seen from here", async () => {
    const file = await lockFile("ts1:7001");
    await writeFile(file, await deadOwner({ node: "other\u001b[2J", boot: "another" }));
    const error = await refusal(lock("ts1:7001"));
    expect(error.code).toBe("PORT_BUSY");
    expect(error.message).not.toContain("\u001b");
  });

  it("says so where the folder cannot be made", async () => {
    await writeFile(join(base, "file"), "");
    folder = join(base, "file", "locks");
    expect((await refusal(lock("ts1:7001"))).code).toBe("LOG_UNWRITABLE");
  });
});

describe("lockPort() and UUCP lock files", () => {
  const device = "/dev/ttyOOB9";
  const file = () => join(uucpFolder, "LCK..ttyOOB9");

  it("others may read who has it, under the umask of a unit too", async () => {
    const before = process.umask(0o027);
    try {
      const held = await lock(device);
      expect((await stat(file())).mode & 0o777).toBe(0o644);
      await held.release();
    } finally {
      process.umask(before);
    }
  });

  it("leaves one in HDB format and removes it", async () => {
    const held = await lock(device);
    expect(await readFile(file(), "latin1")).toBe(`${String(process.pid).padStart(10)}\n`);
    await held.release();
    expect(await readdir(uucpFolder)).toEqual([]);
  });

  it("honours another program's, and leaves no lock of its own behind", async () => {
    const other = spawn("sleep", ["60"]);
    children.push(other);
    await once(other, "spawn");
    for (const text of [`${String(other.pid).padStart(10)}\n`, `${other.pid} minicom root\n`]) {
      await writeFile(file(), text);
      const error = await refusal(lock(device));
      expect(error.code).toBe("PORT_BUSY");
      expect(error.message).toBe(`Cannot use "${device}": sleep (pid ${other.pid}) has it`);
      expect(await readFile(file(), "latin1")).toBe(text);
    }
    const binary = Buffer.alloc(4);
    binary.writeInt32LE(other.pid ?? 0);
    await writeFile(file(), binary);
    expect((await refusal(lock(device))).code).toBe("PORT_BUSY");
    expect(await readdir(folder)).toEqual([]);
  });

  it("takes over a dead program's", async () => {
    await writeFile(file(), `${2 ** 22 + 1}\n`);
    const held = await lock(device);
    expect((await readFile(file(), "latin1")).trim()).toBe(String(process.pid));
    await held.release();
  });

  it("uses the device without one where the folder cannot be written", async () => {
    uucpFolder = join(base, "missing");
    await (await lock(device)).release();
  });

  it("leaves none for a pty or a network address", async () => {
    const held = [await lock("/dev/pts/4711"), await lock("ts1:7003")];
    expect(await readdir(uucpFolder)).toEqual([]);
    for (const one of held) await one.release();
  });
});
