/**
 * The ssh driver against OpenSSH's sshd. The console behind it is a socket of ours: sshd's ForceCommand is socat on the
 * port that the command names. libnss-wrapper gives sshd a user of its own.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import ssh from "../../drivers/console/ssh.ts";
import type { Link, OpenContext } from "../../src/sdk/link.ts";
import type { OptionValues } from "../../src/sdk/options.ts";
import {
  failureOf,
  openContext,
  Peer,
  readBytes,
  receive,
} from "../drivers/console/socket-suite.ts";
import { freePort } from "./rig/machine.ts";
import { fingerprintOf, makeKey, Sshd, sshdLacks } from "./rig/sshd.ts";

const installed = sshdLacks === "" && spawnSync("socat", ["-V"]).error === undefined;
if (!installed)
  console.log(`skipped, apt-get install openssh-server libnss-wrapper socat: ${sshdLacks}`);

const PASSWORD = "correct horse 'battery' $taple";
// biome-ignore lint/suspicious/noTemplateCurlyInString: a shell reads it
const CONSOLE = "exec socat -,rawer TCP:127.0.0.1:${SSH_ORIGINAL_COMMAND#console }";
// What ssh would take for itself, what a terminal would, and every byte there is, at line starts and elsewhere.
const text = (words: string) => [...Buffer.from(words, "latin1")];
const ALL = [
  ...text("~.\r~.\r~~.\n~?\r~B\r\r~~\r~"),
  ...Array(256).keys(),
  ...[...Array(256).keys()].flatMap((byte) => [13, byte]),
  ...text("x~.\r\n~.~.~#"),
];

let root = "";
let server: Sshd;
let device: Peer;
let devicePort = 0;
const undo: (() => unknown)[] = [];

beforeAll(async () => {
  if (!installed) return;
  root = mkdtempSync(join(tmpdir(), "oob-ssh-"));
  process.env.OOB_RUNTIME = join(root, "run");
  server = new Sshd(root, { command: CONSOLE, lines: ["MaxSessions 64", "MaxStartups 100"] });
  await server.start();
  device = new Peer();
  devicePort = await device.listen();
});
afterEach(async () => {
  for (const one of undo.splice(0).reverse()) await one();
  // A test that looks for the master means its own.
  endMasters();
});
afterAll(async () => {
  await server?.stop();
  await device?.close();
  rmSync(root, { recursive: true, force: true });
});

/** Ends the connections that consoles shared, which would stay for a minute. */
function endMasters(): void {
  for (const path of sockets())
    spawnSync("ssh", ["-F", "none", "-o", `ControlPath=${path}`, "-O", "exit", "x"]);
}

const sockets = (): string[] => {
  const folder = join(root, "run", "ssh");
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => /^[0-9a-f]{12}$/.test(name))
    .map((name) => join(folder, name));
};

const to = (sshd: Sshd, over: OptionValues = {}): OptionValues => ({
  host: "127.0.0.1",
  port: sshd.port,
  user: sshd.user,
  key: sshd.userKey,
  "known-hosts": over["host-key"] === undefined ? sshd.knownHosts() : undefined,
  command: `console ${devicePort}`,
  ...over,
});

async function open(options: OptionValues, context?: OpenContext): Promise<Link> {
  const link = await ssh.open(options, context ?? openContext());
  undo.push(() => link.close());
  return link;
}

const failing = (options: OptionValues, context?: OpenContext) => failureOf(open(options, context));

async function another(options: ConstructorParameters<typeof Sshd>[1] = {}): Promise<Sshd> {
  const sshd = new Sshd(root, { command: CONSOLE, ...options });
  undo.push(() => sshd.stop());
  await sshd.start();
  return sshd;
}

describe.skipIf(!installed)("ssh", () => {
  it("carries every byte both ways, and ~. at a line's start does not end it", async () => {
    const link = await open(to(server));
    const far = await device.connection();
    const writing = link.write(Uint8Array.from(ALL));
    expect(await receive(far, ALL.length)).toEqual(ALL);
    await writing;
    for (const byte of text("\r~.\r~B~~")) await link.write(Uint8Array.of(byte));
    expect(await receive(far, 8)).toEqual(text("\r~.\r~B~~"));
    far.write(Uint8Array.from(ALL));
    expect(await readBytes(link, ALL.length)).toEqual(ALL);
  });

  it("moves a megabyte from the host as it was printed", async () => {
    const link = await open(to(server));
    const far = await device.connection();
    const printed = Buffer.from(Array.from({ length: 1_000_000 }, (_, i) => (i * 7) % 251));
    far.write(printed);
    expect(Buffer.from(await readBytes(link, printed.length)).equals(printed)).toBe(true);
  });

  it("sends BREAK at the beginning of a line, and refuses it elsewhere without typing anything", async () => {
    const link = await open(to(server));
    const far = await device.connection();
    await link.sendBreak?.(250);
    await server.logged(/req break/);
    const breaks = () => server.log.match(/req break/g)?.length;
    const before = breaks();
    await link.write(Uint8Array.from(text("root")));
    const refusal = await failureOf(link.sendBreak?.(250) ?? Promise.resolve());
    expect(refusal.code).toBe("LINK_UNSUPPORTED");
    expect(refusal.message).toContain("at the beginning of a line only");
    await link.write(Uint8Array.from(text("\r")));
    await link.sendBreak?.(250);
    await link.write(Uint8Array.from(text("h")));
    expect(await receive(far, 6)).toEqual(text("root\rh"));
    expect(breaks()).toBe((before ?? 0) + 1);
  });

  it("ends with the host's last byte when the remote command ends, and says its status", async () => {
    const link = await open(to(server));
    const far = await device.connection();
    far.end("bye");
    expect(await readBytes(link, 100)).toEqual(text("bye"));
    const sshd = await another({ command: "exit 3" });
    const ended = await open(to(sshd));
    const failure = await failureOf(readBytes(ended, 1));
    expect(failure.code).toBe("LINK_LOST");
    expect(failure.message).toContain("the remote command ended with status 3");
  });

  it("says LINK_LOST when the server dies, and opens again when it is back", async () => {
    const sshd = await another();
    const link = await open(to(sshd));
    await device.connection();
    const lost = failureOf(readBytes(link, 1));
    await sshd.stop();
    for (const [, session] of sshd.log.matchAll(/(?:Forked child|User child is on pid) (\d+)/g))
      process.kill(Number(session), "SIGKILL");
    expect((await lost).code).toBe("LINK_LOST");
    expect((await failing(to(sshd))).message).toContain("connection refused");
    await sshd.start();
    const again = await open(to(sshd));
    const far = await device.connection();
    far.write("here");
    expect(await readBytes(again, 4)).toEqual(text("here"));
  });
});

describe.skipIf(!installed)("ssh knows its server", () => {
  it("by a fingerprint", async () => {
    const link = await open(to(server, { "host-key": [server.fingerprint] }));
    await device.connection();
    expect(link.label).toContain(`127.0.0.1:${server.port} ssh console`);
    const other = join(root, "other");
    makeKey(other);
    const failure = await failing(to(server, { "host-key": [fingerprintOf(other)] }));
    expect(failure.code).toBe("LINK_REFUSED");
    expect(failure.message).toBe(
      `Cannot open "127.0.0.1:${server.port}": its host key is not the pinned one: it shows ${server.fingerprint}`,
    );
  });

  it("and says of a changed key both fingerprints and the line of the file", async () => {
    const other = join(root, "other");
    makeKey(other);
    const file = server.knownHosts(other);
    const failure = await failing(to(server, { "known-hosts": file }));
    expect(failure.code).toBe("LINK_REFUSED");
    expect(failure.message).toBe(
      `Cannot open "127.0.0.1:${server.port}": its host key has changed: it shows ${server.fingerprint}, ${file}:2 has ${fingerprintOf(other)}`,
    );
    expect(failure.hint).toContain("Somebody may sit in between");
  });

  it("and refuses one that it does not know, unless the first one seen is trusted", async () => {
    const file = join(root, "empty known hosts");
    writeFileSync(file, "");
    const failure = await failing(to(server, { "known-hosts": file }));
    expect(failure.message).toContain("its ED25519 host key is not in the known-hosts file");
    await open(to(server, { "known-hosts": file, "host-key": ["accept-new"] }));
    await device.connection();
    expect(readFileSync(file, "utf8")).toContain(`[127.0.0.1]:${server.port} ssh-ed25519`);
    await open(to(server, { "known-hosts": file }));
    await device.connection();
  });
});

describe.skipIf(!installed)("ssh says why not", () => {
  it("a key that the server does not take", async () => {
    const stranger = join(root, "stranger");
    makeKey(stranger);
    const failure = await failing(to(server, { key: stranger }));
    expect(failure.code).toBe("LOGIN_REFUSED");
    expect(failure.message).toBe(
      `Cannot log in to "127.0.0.1:${server.port}": as "${server.user}" it does not take the key ${stranger} (it takes: publickey)`,
    );
    const missing = await failing(to(server, { key: join(root, "nothing") }));
    expect(missing.message).toContain("no such file");
  });

  it("nothing listens; no such name; something that is no SSH server; one that says nothing", async () => {
    const refused = await failing(to(server, { port: await freePort() }));
    expect(refused.message).toContain("connection refused");
    const nameless = await failing(to(server, { host: "no-such-host.invalid" }));
    expect(nameless.message).toBe(
      `Cannot open "no-such-host.invalid:${server.port}": no such host`,
    );
    const web = createServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    const mute = createServer(() => undefined);
    for (const one of [web, mute])
      await new Promise<void>((resolve) => one.listen(0, "127.0.0.1", resolve));
    const portOf = (one: typeof web) => (one.address() as { port: number }).port;
    const wrong = await failing(to(server, { port: portOf(web) }));
    expect(wrong.message).toContain("it does not speak SSH");
    const silent = await failing(to(server, { port: portOf(mute), "connect-timeout": 1000 }));
    expect(silent.message).toContain("says nothing");
    web.close();
    mute.close();
  });

  it("no algorithm in common, with the option that helps", async () => {
    const old = await another({
      lines: ["KexAlgorithms diffie-hellman-group14-sha1", "Ciphers aes128-cbc", "MACs hmac-sha1"],
    });
    const kex = await failing(to(old));
    expect(kex.message).toContain("no key exchange method in common");
    expect(kex.hint).toContain('kex: ["+diffie-hellman-group14-sha1"]');
    const options = { kex: ["+diffie-hellman-group14-sha1"] };
    const cipher = await failing(to(old, options));
    expect(cipher.hint).toContain('ciphers: ["+aes128-cbc"]');
    await open(to(old, { ...options, ciphers: ["+aes128-cbc"], macs: ["hmac-sha1"] }));
    await device.connection();
    const nonsense = await failing(to(old, { kex: ["nonsense"] }));
    expect(nonsense.code).toBe("USAGE");
    expect(nonsense.message).toContain("nonsense");
  });

  it("options that would mean something else to ssh", async () => {
    const faults = (over: OptionValues) => ssh.check?.(to(server, over)).map((one) => one.option);
    expect(faults({ host: "-oProxyCommand=id" })).toEqual(["host"]);
    expect(faults({ command: "-oProxyCommand=id" })).toEqual(["command"]);
    expect(faults({ jump: "a;b" })).toEqual(["jump"]);
    expect(faults({ "known-hosts": "" })).toEqual(["host"]);
    expect(faults({ "host-key": ["yes"] })).toEqual(["host-key"]);
    expect((await failing(to(server, { host: "-oProxyCommand=id" }))).code).toBe("USAGE");
  });

  it("gives up when the signal says so", async () => {
    const mute = createServer(() => undefined);
    await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
    const { port } = mute.address() as { port: number };
    const giveUp = new AbortController();
    const opening = failing(to(server, { port }), openContext({ signal: giveUp.signal }));
    mute.once("connection", () => giveUp.abort());
    expect((await opening).code).toBe("INTERRUPTED");
    mute.close();
  });
});

describe.skipIf(!installed)("ssh through a jump host", () => {
  it("reaches the console, and each host has to show its own key", async () => {
    const jump = await another({ command: "false" });
    const file = join(root, "both");
    const known = [jump, server].map((one) => readFileSync(one.knownHosts(), "utf8"));
    writeFileSync(file, known.join(""));
    // One key opens both.
    const link = await open(
      to(server, {
        jump: `${jump.user}@127.0.0.1:${jump.port}`,
        "known-hosts": file,
        key: shareKey(jump, server),
      }),
    );
    const far = await device.connection();
    far.write("far away");
    expect(await readBytes(link, 8)).toEqual(text("far away"));
    expect(jump.log).toContain("direct-tcpip");
    const untrusted = await failing(
      to(server, {
        jump: `127.0.0.1:${jump.port}`,
        "known-hosts": server.knownHosts(),
        key: server.userKey,
      }),
    );
    expect(untrusted.message).toContain("host key is not in the known-hosts file");
  });
});

/** Lets the second server's key into the first one. */
function shareKey(first: Sshd, second: Sshd): string {
  writeFileSync(
    join(first.folder, "authorized"),
    readFileSync(join(second.folder, "authorized"), "utf8"),
  );
  return second.userKey;
}

describe.skipIf(!installed)("ssh with a password", () => {
  const secret = (value: string) =>
    openContext({ secret: async ({ secret: name }) => (name === "cs1" ? value : "") });
  const withPassword = (sshd: Sshd): OptionValues =>
    to(sshd, { key: "", password: { secret: "cs1" } });

  it("logs in, and the password is in no process list and in no file afterwards", async () => {
    const sshd = await another({ password: PASSWORD });
    await open(withPassword(sshd), secret(PASSWORD));
    await device.connection();
    const shown = readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => read(`/proc/${pid}/cmdline`) + read(`/proc/${pid}/environ`));
    expect(shown.filter((words) => words.includes("battery"))).toEqual([]);
    expect(readdirSync(join(root, "run", "ssh")).filter((name) => /^answer/.test(name))).toEqual(
      [],
    );
  });

  it("offers a wrong one once, and not again when it is opened again", async () => {
    const sshd = await another({ password: PASSWORD });
    const wrong = await failing(withPassword(sshd), secret("wrong"));
    expect(wrong.code).toBe("LOGIN_REFUSED");
    expect(wrong.message).toContain('it does not take the password of secret "cs1"');
    const again = await failing(withPassword(sshd), secret("wrong"));
    expect(again.hint).toContain("Not offered again for");
    expect(sshd.log.match(/Failed password/g)).toHaveLength(1);
    await open(withPassword(sshd), secret(PASSWORD));
    await device.connection();
  });

  it("is asked once for all consoles that share a connection", async () => {
    const sshd = await another({ password: PASSWORD });
    const options = { ...withPassword(sshd), share: true };
    await Promise.all([1, 2, 3].map(() => open(options, secret(PASSWORD))));
    expect(sshd.log.match(/Accepted password/g)).toHaveLength(1);
  });
});

const read = (path: string): string => {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
};

describe.skipIf(!installed)("ssh with share", () => {
  it("20 consoles log in once, carry every byte, and have no BREAK", async () => {
    const sshd = await another({ lines: ["MaxSessions 64"] });
    const consoles = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const own = new Peer();
        const port = await own.listen();
        undo.push(() => own.close());
        const link = await open(to(sshd, { share: true, command: `console ${port}` }));
        return { link, far: await own.connection() };
      }),
    );
    expect(sshd.log.match(/Accepted publickey/g)).toHaveLength(1);
    await Promise.all(
      consoles.map(async ({ link, far }) => {
        expect(link.sendBreak).toBeUndefined();
        void link.write(Uint8Array.from(ALL));
        expect(await receive(far, ALL.length)).toEqual(ALL);
        far.write(Uint8Array.from(ALL));
        expect(await readBytes(link, ALL.length)).toEqual(ALL);
      }),
    );
    const lost = consoles.map(({ link }) => failureOf(readBytes(link, 1)));
    process.kill(masterOf(sockets()), "SIGKILL");
    for (const failure of await Promise.all(lost)) expect(failure.code).toBe("LINK_LOST");
    await open(to(sshd, { share: true }));
    await device.connection();
    expect(sshd.log.match(/Accepted publickey/g)).toHaveLength(2);
  });

  it("says what to do when the server takes no more sessions", async () => {
    const sshd = await another({ lines: ["MaxSessions 2"] });
    for (let i = 0; i < 2; i++) {
      await open(to(sshd, { share: true }));
      await device.connection();
    }
    const failure = await failing(to(sshd, { share: true }));
    expect(failure.code).toBe("LINK_REFUSED");
    expect(failure.message).toContain("takes no more sessions");
    expect(failure.hint).toContain("MaxSessions");
  });
});

/** Process id of the master that runs. */
function masterOf(paths: readonly string[]): number {
  for (const path of paths) {
    const said = spawnSync("ssh", ["-F", "none", "-o", `ControlPath=${path}`, "-O", "check", "x"], {
      encoding: "latin1",
    });
    const pid = /pid=(\d+)/.exec(said.stderr + said.stdout)?.[1];
    if (pid !== undefined) return Number(pid);
  }
  throw new Error("no master runs");
}
