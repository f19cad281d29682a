/**
 * The HTTP client of power drivers on Debian's lighttpd: logins that another hand has written. (No power device with a
 * web server is to be had here: those are mocks.)
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { systemClock } from "../../src/lib/clock.ts";
import { HttpClient } from "../../src/sdk/http/http-client.ts";
import { failureOf } from "../drivers/console/socket-suite.ts";
import { freePort } from "./rig/machine.ts";

const PROGRAM = "/usr/sbin/lighttpd";
const installed = existsSync(PROGRAM);
if (!installed) console.log("not installed: lighttpd: skipped");

const folder = mkdtempSync(join(tmpdir(), "oob-lighttpd-"));
const servers: ChildProcess[] = [];
afterAll(async () => {
  for (const server of servers) {
    server.kill();
    if (server.exitCode === null && server.signalCode === null) await once(server, "exit");
  }
  rmSync(folder, { recursive: true });
});

/** A lighttpd that wants this login for its one file; gives its port. */
async function serve(login: string): Promise<number> {
  const port = await freePort();
  writeFileSync(join(folder, "users"), "oob:hunter2 x\n");
  writeFileSync(join(folder, "state.json"), '{"fine":true}\n');
  const conf = join(folder, `${port}.conf`);
  writeFileSync(
    conf,
    `server.document-root = "${folder}"
server.bind = "127.0.0.1"
server.port = ${port}
server.modules = ("mod_auth", "mod_authn_file")
auth.backend = "plain"
auth.backend.plain.userfile = "${folder}/users"
auth.require = ("/" => ("realm" => "power", "require" => "valid-user", ${login}))
`,
  );
  servers.push(spawn(PROGRAM, ["-D", "-f", conf], { stdio: "ignore" }));
  while (!(await listens(port))) await systemClock.sleep(20);
  return port;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("error", () => resolve(false));
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
  });
}

const METHODS = [
  ["Digest with MD5", '"method" => "digest", "algorithm" => "MD5"', false],
  ["Digest with SHA-256", '"method" => "digest", "algorithm" => "SHA-256"', false],
  ["Digest, both offered", '"method" => "digest", "algorithm" => "MD5|SHA-256"', false],
  ["Basic", '"method" => "basic"', true],
] as const;

describe.skipIf(!installed)("HttpClient on lighttpd", () => {
  test.each(METHODS)(
    "%s: the right password is taken, a wrong one refused",
    async (_, login, insecure) => {
      const port = await serve(login);
      const client = (password: string, clear = insecure) =>
        new HttpClient(
          {
            ...{ label: "lighttpd", host: "127.0.0.1", port, tls: false, timeout: 10_000 },
            ...{ insecure: clear, login: { user: "oob", password } },
          },
          systemClock,
        );
      const read = { path: "/state.json?a=1&b=%20", doing: "read" } as const;
      const right = client("hunter2 x");
      for (let n = 0; n < 3; n++) expect(await right.requestJson(read)).toEqual({ fine: true });
      expect((await failureOf(client("hunter2").requestJson(read))).code).toBe("LOGIN_REFUSED");
      const lost = { ...read, path: "/other.json" };
      expect((await failureOf(right.requestJson(lost))).code).toBe("PDU_UNKNOWN");
      if (insecure)
        expect((await failureOf(client("hunter2 x", false).requestJson(read))).message).toContain(
          "in clear text",
        );
    },
  );
});
