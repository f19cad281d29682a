import { createHash, randomBytes } from "node:crypto";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "../../src/lib/clock.ts";
import { frameCommand } from "../../src/sdk/command-frame.ts";
import { appendPiece, guarded, pieceOf } from "../../src/sdk/shell/piece-command.ts";
import { RunningCli, runCli } from "./run-cli.ts";
import { ShellSite } from "./shell-site.ts";

const FILE = randomBytes(3000);
const DIGEST = createHash("sha256").update(FILE).digest("hex");
const TIME = 60_000;

let folder: string;
let host: string;
let local: string;
let site: ShellSite | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "oob-sendfile-"));
  host = mkdtempSync(join(folder, "host-"));
  local = join(folder, "file.bin");
  writeFileSync(local, FILE);
});
afterEach(async () => {
  await site?.end();
  site = undefined;
  rmSync(folder, { recursive: true });
});

async function shell(...command: string[]): Promise<ShellSite> {
  site = await ShellSite.start(command, host);
  await site.ready();
  return site;
}

const run = (site: ShellSite, ...argv: string[]) => runCli(argv, { site, clock: systemClock });

describe.each([
  ["dash", ["dash", "-i"]],
  ["bash", ["bash", "--norc", "-i"]],
  ["busybox", ["busybox", "sh", "-i"]],
])("sendfile and getfile at %s", (_, command) => {
  test("bring a file there and back, proven, and leave no other file", {
    timeout: TIME,
  }, async () => {
    const site = await shell(...command);
    const sent = await run(site, "sendfile", "web1", local, "--mode", "750");
    expect(sent.stderr).toBe("");
    expect(sent.code).toBe(0);
    expect(sent.stdout).toContain(`the host computed the same SHA-256 ${DIGEST}`);
    expect(readdirSync(host).filter((name) => !name.startsWith("."))).toEqual(["file.bin"]);
    expect(readFileSync(join(host, "file.bin"))).toEqual(FILE);
    expect(statSync(join(host, "file.bin")).mode & 0o777).toBe(0o750);
    const back = join(folder, "back");
    const got = await run(site, "getfile", "web1", "file.bin", back);
    expect(got.stderr).toBe("");
    expect(got.code).toBe(0);
    expect(readFileSync(back)).toEqual(FILE);
  });
});

test("sendfile replaces nothing unasked; a folder takes the file under its name", {
  timeout: TIME,
}, async () => {
  const site = await shell("dash", "-i");
  writeFileSync(join(host, "file.bin"), "precious");
  const refused = await run(site, "sendfile", "web1", local, "--to", host);
  expect([refused.code, refused.stderr]).toEqual([
    5,
    expect.stringContaining(`"${host}/file.bin" exists there`),
  ]);
  expect(readFileSync(join(host, "file.bin"), "utf8")).toBe("precious");
  const forced = await run(site, "sendfile", "web1", local, "--to", host, "--force", "--json");
  expect(JSON.parse(forced.stdout)).toMatchObject({
    path: `${host}/file.bin`,
    proven: true,
    bytes: 3000,
  });
  expect(readFileSync(join(host, "file.bin"))).toEqual(FILE);
});

test("sendfile --method printf needs no decoder, and odd names are names", {
  timeout: TIME,
}, async () => {
  const site = await shell("dash", "-i");
  const text = "Kernel \"quoted\" $HOME `id` !! 100 % 'one'\\n\ttab\u0000\u00ff end  \n";
  writeFileSync(local, text, "latin1");
  const to = "it's a $file; rm -rf";
  const { code } = await run(site, "sendfile", "web1", local, "--method", "printf", "--to", to);
  expect(code).toBe(0);
  expect(readFileSync(join(host, to), "latin1")).toBe(text);
});

test("a line that loses bytes and a kernel that prints between them cost time, not bytes", {
  timeout: TIME,
}, async () => {
  const site = await shell("dash", "-i");
  let typed = 0;
  let printed = 0;
  site.trouble = {
    // One command in four loses a byte in its midst.
    typed: (bytes) =>
      bytes.length > 300 && ++typed % 4 === 0
        ? Buffer.concat([bytes.subarray(0, 200), bytes.subarray(201)])
        : bytes,
    printed: (bytes) =>
      ++printed % 3 === 0
        ? Buffer.concat([
            bytes.subarray(0, bytes.length >> 1),
            Buffer.from("[  123.456789] eth0: link up\r\n"),
            bytes.subarray(bytes.length >> 1),
          ])
        : bytes,
  };
  const sent = await run(site, "sendfile", "web1", local);
  expect([sent.code, sent.stderr]).toEqual([0, ""]);
  const back = join(folder, "back");
  const got = await run(site, "getfile", "web1", "file.bin", back);
  expect([got.code, got.stderr]).toEqual([0, ""]);
  expect(readFileSync(back)).toEqual(FILE);
});

test("sendfile types nothing but at a shell prompt, exit 5", { timeout: TIME }, async () => {
  const site = await shell(
    "sh",
    "-c",
    "printf 'boot# '; sleep 0.1; printf 'in progress\\nlogin: '; sleep 60",
  );
  const { code, stderr } = await run(site, "sendfile", "web1", local);
  expect(code).toBe(5);
  expect(stderr).toMatch(
    /Cannot send a file to web1: no shell prompt stands there; it last said "login:"/,
  );
  expect(site.here?.written).toBe("");
});

test("sendfile says what looks like a shell and is none", { timeout: TIME }, async () => {
  const site = await shell("sh", "-c", "stty -echo; printf 'menu# '; cat >/dev/null");
  const { code, stderr } = await run(site, "sendfile", "web1", local);
  expect(code).toBe(5);
  expect(stderr).toContain("what looks like a shell prompt does not answer");
});

test("Ctrl-C in the midst leaves nothing there, and the shell usable", {
  timeout: TIME,
}, async () => {
  const site = await shell("dash", "-i");
  site.label = "/dev/ttyUSB0 19200 8n1";
  const running = new RunningCli(["sendfile", "web1", local], {
    site,
    clock: systemClock,
    stdoutTty: true,
  });
  await running.saw(/[1-9]\d? %/);
  expect(readdirSync(host).some((name) => name.startsWith("file.bin.oob-"))).toBe(true);
  running.signals.emit("SIGINT");
  expect(await running.code).toBe(130);
  expect(running.stderr).toContain("nothing is left on web1");
  expect(readdirSync(host).filter((name) => name.startsWith("file"))).toEqual([]);
  site.label = "a pty";
  expect((await run(site, "sendfile", "web1", local)).code).toBe(0);
});

test("sendfile stops where somebody takes the seat, and says what is left", {
  timeout: TIME,
}, async () => {
  const site = await shell("dash", "-i");
  site.label = "/dev/ttyUSB0 19200 8n1";
  const running = new RunningCli(["sendfile", "web1", local], {
    site,
    clock: systemClock,
    stdoutTty: true,
  });
  await running.saw(/[1-9]\d? %/);
  site.here?.push({
    is: "seat",
    seat: { mine: "read", others: [] },
    text: "jana took the seat from you: mine",
  });
  expect(await running.code).toBe(5);
  expect(running.stderr).toMatch(/"file\.bin\.oob-\w{6}" may be left on web1/);
  expect(running.stderr).toContain("jana took the seat");
});

test("getfile replaces no file here, and says what is not there", { timeout: TIME }, async () => {
  const site = await shell("dash", "-i");
  expect((await run(site, "getfile", "web1", "x", local)).code).toBe(5);
  const { code, stderr } = await run(site, "getfile", "web1", "nothing", join(folder, "new"));
  expect([code, stderr]).toEqual([1, expect.stringContaining("there is no such file")]);
  expect(existsSync(join(folder, "new"))).toBe(false);
});

test("a taken seat is refused before anything is typed", async () => {
  const site = await shell("dash", "-i");
  site.seat = { mine: "read", writer: { who: "jana", since: 0, idle: 0 }, others: [] };
  const { code, stderr } = await run(site, "sendfile", "web1", local);
  expect([code, stderr]).toEqual([5, expect.stringContaining("jana is writing there")]);
  expect(site.here?.written).toBe("");
});

test("sendfile refuses what it cannot read or name", async () => {
  expect((await runCli(["sendfile", "web1", "/nowhere"])).code).toBe(2);
  expect((await runCli(["sendfile", "web1", local, "--mode", "rwx"])).code).toBe(2);
  expect((await runCli(["sendfile", "web1", local, "--to", "a\nb"])).code).toBe(2);
  expect((await runCli(["sendfile", "web1", local, "--to", "d".repeat(257)])).code).toBe(2);
  expect((await runCli(["sendfile", "web1", local, "--method", "ymodem", "--to", "x"])).code).toBe(
    2,
  );
});

describe("appendPiece()", () => {
  const tools = { proof: "cksum", sha256: undefined, decode: "base64 -d", encode: "base64" };

  test.each(["base64", "printf"] as const)(
    "%s: pieces fit one typed line and make up the file",
    (spelling) => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 3000 }), (file) => {
          let data = Buffer.alloc(0);
          while (data.length < file.length) {
            const { command, bytes } = appendPiece(file, data.length, "/tmp/a b", tools, spelling);
            expect(bytes).toBeGreaterThan(0);
            // Longer ones are refused by it.
            frameCommand(guarded(command, tools.proof));
            data = Buffer.concat([data, file.subarray(data.length, data.length + bytes)]);
          }
        }),
        { numRuns: 20 },
      );
    },
  );
});

describe("pieceOf()", () => {
  const tools = { proof: "cksum", sha256: undefined, decode: undefined, encode: "base64" };
  const said = `${Buffer.from("hello world").toString("base64")}\n=1135714720 11\n`;

  test("takes what a kernel printed out of a piece, and never a piece that is another one", () => {
    expect(Buffer.from(pieceOf(said, tools) ?? []).toString()).toBe("hello world");
    const chatty = `${said.slice(0, 5)}[  912.123456] eth0: link = up\n${said.slice(5)}`;
    expect(Buffer.from(pieceOf(chatty, tools) ?? []).toString()).toBe("hello world");
    expect(pieceOf(said.replace("aGVsbG8", "aGVsbG9"), tools)).toBeUndefined();
    fc.assert(fc.property(fc.string(), (text) => pieceOf(text, tools) === undefined));
  });
});
