import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { explainSsh } from "../../../src/sdk/ssh/ssh-trouble.ts";

const doing = { peer: "cs1:22", user: "oob", wasOpen: false, offered: "the key /etc/oob/key" };
const explain = (talk: string, wasOpen = false) => explainSsh(talk, { ...doing, wasOpen });

describe("explainSsh()", () => {
  // As OpenSSH 9.2 says it.
  it.each([
    ["ssh: connect to host cs1 port 22: Connection refused", "LINK_REFUSED", "connection refused"],
    ["ssh: connect to host cs1 port 22: Connection timed out", "LINK_REFUSED", "no answer"],
    ["ssh: connect to host cs1 port 22: No route to host", "LINK_REFUSED", "no route to the host"],
    ["Connection timed out during banner exchange", "LINK_REFUSED", "says nothing"],
    ["ssh: Could not resolve hostname cs1: Name or service not known", "LINK_REFUSED", "no such"],
    [
      "oob@cs1: Permission denied (publickey,password).",
      "LOGIN_REFUSED",
      'as "oob" it does not take the key /etc/oob/key (it takes: publickey, password)',
    ],
    [
      "Received disconnect from 10.0.0.1 port 22:2: Too many authentication failures",
      "LOGIN_REFUSED",
      "does not take",
    ],
    ["PTY allocation request failed on channel 0", "LINK_REFUSED", "no terminal"],
    ["something new\x1b]0;evil\x07", "LINK_REFUSED", 'ssh says "something new^[]0;evil^G"'],
    ["", "LINK_REFUSED", "ssh ended without a word"],
  ])("%j", async (talk, code, why) => {
    const error = await explain(`${talk}\r\n`);
    expect(error.code).toBe(code);
    expect(error.message).toContain(why);
  });

  it("names the option that brings an old algorithm back", async () => {
    const talk =
      "Unable to negotiate with 10.0.0.1 port 22: no matching host key type found. Their offer: ssh-rsa,ssh-dss\r\n";
    expect((await explain(talk)).hint).toContain('host-key-algorithms: ["+ssh-rsa"]');
  });

  it("tells a lost link from one that never was", async () => {
    const error = await explain("Timeout, server cs1 not responding.\r\n", true);
    expect([error.code, error.message]).toEqual([
      "LINK_LOST",
      'Lost "cs1:22": it does not answer any more',
    ]);
  });

  it("gives both fingerprints of a changed host key, and the line of the file", async () => {
    const folder = mkdtempSync(join(tmpdir(), "oob-ssh-trouble-"));
    const file = join(folder, "known hosts");
    writeFileSync(file, "# first\ncs1 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA==\n");
    const shown = `SHA256:${"A".repeat(43)}`;
    const error = await explain(
      `@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\r\nThe fingerprint for the ED25519 key sent by the remote host is\r\n${shown}.\r\nOffending ED25519 key in ${file}:2\r\nHost key verification failed.\r\n`,
    );
    expect(error.message).toContain(`it shows ${shown}, ${file}:2 has SHA256:`);
    rmSync(folder, { recursive: true });
  });
});
