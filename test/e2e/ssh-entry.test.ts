/**
 * `oob ssh-entry` behind the real sshd: its own host key, port and sshd_config on loopback, no PAM. The consoles are
 * sockets of ours. As root, a second user (games, of the machine) comes with grants of its own.
 */
import { execFile, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { TestSite } from "./rig/daemon.ts";
import { publicKey, Sshd, sshdLacks } from "./rig/sshd.ts";
import { Terminal } from "./rig/terminal.ts";

const PROGRAM = new URL("../../bin/oob.js", import.meta.url).pathname;
const OTHER = { name: "games", uid: 5, gid: 60 };
const isRoot = process.getuid?.() === 0;
/** Another user can be, and can read this program. */
const hasOther =
  isRoot &&
  spawnSync("id", ["-u", OTHER.name], { encoding: "utf8" }).stdout.trim() === String(OTHER.uid) &&
  spawnSync(process.execPath, [PROGRAM, "version"], { uid: OTHER.uid, gid: OTHER.gid, cwd: "/" })
    .status === 0;
if (sshdLacks !== "")
  console.log(`skipped, apt-get install openssh-server libnss-wrapper: ${sshdLacks}`);
else if (!hasOther) console.log(`skipped in part: no root, or ${OTHER.name} cannot run ${PROGRAM}`);

let root = "";
let site: TestSite;
let server: Sshd;
let device: Server;
let terminals: Terminal[] = [];
const sockets = new Set<Socket>();

beforeAll(async () => {
  if (sshdLacks !== "") return;
  device = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).on("data", (bytes) => socket.write(bytes));
    socket.write("\r\nDebian GNU/Linux 12 web1 ttyS0\r\n\r\nweb1 login: ");
  });
  await new Promise<void>((resolve) => device.listen(0, "127.0.0.1", resolve));
  const { port } = device.address() as { port: number };
  const people = hasOther
    ? `users: [${OTHER.name}]\ngrants:\n  - { who: ${OTHER.name}, may: [status, spy, attach], on: web1 }\n`
    : "";
  const entry = `{ console: "tcp://127.0.0.1:${port}" }`;
  site = new TestSite(
    `${people}hosts:\n  web1: ${entry}\n  web2: { console: "unix:/nonexistent" }\n`,
  );
  // The other user reads the configuration and reaches the socket, as on a real box.
  chmodSync(site.folder, 0o711);
  chmodSync(site.config, 0o644);
  await site.launch();
  root = mkdtempSync(join(tmpdir(), "oob-entry-"));
  chmodSync(root, 0o711);
  server = new Sshd(root, {
    command: `exec ${process.execPath} ${PROGRAM} ssh-entry --config ${site.config}`,
    lines: [
      "DisableForwarding yes",
      "PermitUserRC no",
      "AcceptEnv *",
      "Subsystem sftp internal-sftp",
    ],
    others: [`${OTHER.name}:x:${OTHER.uid}:${OTHER.gid}::/:/bin/sh`],
  });
  chmodSync(server.folder, 0o711);
  await server.start();
});

afterEach(() => {
  for (const terminal of terminals) terminal.close();
  terminals = [];
});

afterAll(async () => {
  await server?.stop();
  await site?.stop();
  for (const socket of sockets) socket.destroy();
  device?.close();
  if (root !== "") rmSync(root, { recursive: true, force: true });
});

/** The client's configuration of the guide, for one user: written once, as another client may be reading it. */
function clientConfig(user: string): string {
  const file = join(root, `client-${user}`);
  if (existsSync(file)) return file;
  const known = join(root, `known-${user}`);
  writeFileSync(known, `oob-box ${publicKey(server.hostKey)}\n`);
  const common = `  HostName 127.0.0.1\n  Port ${server.port}\n  User ${user}\n  IdentityFile ${server.userKey}\n  IdentitiesOnly yes\n  HostKeyAlias oob-box\n  UserKnownHostsFile ${known}\n  BatchMode yes\n  LogLevel ERROR\n`;
  writeFileSync(
    file,
    `Host *.oob\n${common}  RequestTTY yes\n  RemoteCommand attach %n\nHost oob-box\n${common}`,
  );
  return file;
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function ssh(
  user: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { timeout: 60_000, env: { ...process.env, ...env } };
    const child = execFile(
      "ssh",
      ["-F", clientConfig(user), ...args],
      options,
      (_, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
    );
    child.stdin?.end();
  });
}

describe.skipIf(sshdLacks !== "")("oob ssh-entry behind sshd", () => {
  it("ssh web1.oob stands at the console of web1, and leaves", async () => {
    const terminal = new Terminal();
    terminals.push(terminal);
    terminal.type(`ssh -F ${clientConfig(server.user)} web1.oob\r`);
    await terminal.sees(/web1 login:/, 120_000);
    terminal.type("typed here");
    await terminal.sees(/typed here/, 120_000);
    terminal.type("\u001d.");
    await terminal.sees(/left web1 after/, 120_000);
    await terminal.sees(/shell> $/m, 120_000);
  });

  it("nothing, list and status show the hosts; --json comes through, with the exit code", async () => {
    const shown = await Promise.all(
      [[], ["list"], ["status"]].map((words) => ssh(server.user, ["oob-box", ...words])),
    );
    for (const { code, stdout } of shown)
      expect([code, stdout]).toEqual([0, expect.stringMatching(/^web1 [\s\S]*^web2 /m)]);
    const { code, stderr } = await ssh(server.user, ["oob-box", "screen", "web9"]);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/web9/)]);
  });

  it("attach wants a terminal", async () => {
    const { code, stderr } = await ssh(server.user, ["oob-box", "web1"]);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/stdin is no terminal/)]);
  });

  it("no word of the client reaches a shell, a file or another configuration", async () => {
    const mark = join(root, "escaped");
    const evil = join(root, "evil.yaml");
    writeFileSync(evil, `hosts: { x: { console: "exec:touch ${mark}" } }\n`, { mode: 0o644 });
    const lines = [
      `status; touch ${mark}`,
      `status && touch ${mark}`,
      `status | touch ${mark}`,
      `status > ${mark}`,
      `$(touch ${mark})`,
      `\`touch ${mark}\``,
      `status\ntouch ${mark}`,
      `sh -c 'touch ${mark}'`,
      `/bin/touch ${mark}`,
      `screen "exec:touch ${mark}"`,
      `attach 'exec:touch ${mark}'`,
      `screen x --config ${evil} --direct`,
      `screen x --config=${evil}`,
      `log verify ${root}`,
      `sendfile web1 ${evil}`,
      "config check",
    ];
    const ended = await Promise.all(lines.map((line) => ssh(server.user, ["oob-box", line])));
    expect(ended.map(({ code }, i) => (code === 0 ? lines[i] : ""))).toEqual(lines.map(() => ""));
    const env = { OOB_CONFIG: evil, OOB_STATE: root, OOB_RUNTIME: root };
    const set = ["-o", "SendEnv=OOB_CONFIG OOB_STATE OOB_RUNTIME", "oob-box", "status"];
    expect((await ssh(server.user, set, env)).stdout).toMatch(/^web1 /m);
    expect(existsSync(mark)).toBe(false);
  });

  it("forwards nothing and transfers no files", async () => {
    const { port } = device.address() as { port: number };
    const through = await ssh(server.user, ["-W", `127.0.0.1:${port}`, "oob-box"]);
    expect([through.code === 0, through.stdout]).toEqual([false, ""]);
    const sftp = await ssh(server.user, ["-s", "oob-box", "sftp"]);
    expect(sftp.code).not.toBe(0);
    expect(sftp.stdout).not.toMatch(/\u0002/);
  });

  it.skipIf(!hasOther)(
    "who comes is the user that sshd knows, with that user's grants",
    async () => {
      const as = (...words: string[]) => ssh(OTHER.name, ["oob-box", ...words]);
      const { code, stdout } = await as("status");
      expect([code, stdout]).toEqual([0, expect.stringMatching(/^web1 /m)]);
      expect(stdout).not.toMatch(/web2/);
      const lines = ["log web1", "power off web1 --yes", "hold web1 --for 1h --reason x"];
      for (const refused of await Promise.all(lines.map((line) => as(line))))
        expect([refused.code, refused.stderr]).toEqual([
          4,
          expect.stringMatching(/not granted to games/),
        ]);
      const { stdout: trail } = await site.run("audit", "--by", OTHER.name, "--json");
      expect(trail).toMatch(/"type":"access\.refused"/);
    },
  );
});
