import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../src/lib/clock.ts";
import { openPty, type Pty } from "../pty.ts";
import { RunningCli } from "./run-cli.ts";

let pty: Pty;

beforeEach(async () => {
  pty = await openPty({ raw: true, alone: true });
});
afterEach(() => pty.close());

/** Ports are real: so is the time. */
async function runCli(argv: readonly string[]) {
  const cli = new RunningCli(argv, { clock: systemClock });
  const code = await cli.code;
  return { code, stdout: cli.stdout, stderr: cli.stderr };
}

const json = (text: string) => JSON.parse(text) as { ports: Record<string, unknown>[] };

describe("oob port", () => {
  it("scan: hears text, says at which speed, and does not try the others", async () => {
    const line = "Debian GNU/Linux 12 web1 ttyS0\r\n\r\nweb1 login: ";
    const talk = setInterval(() => void pty.write(line), 20);
    const { code, stdout } = await runCli(["port", "scan", pty.path, "--for", "4s", "--json"]);
    clearInterval(talk);
    expect(code).toBe(0);
    expect(json(stdout).ports).toMatchObject([
      { device: pty.path, baud: 115_200, class: "login-prompt", heard: [{ looks: "text" }] },
    ]);
  });

  it("scan: types nothing unless asked, and Enter where asked", async () => {
    await runCli(["port", "scan", pty.path, "--for", "1s", "--baud", "9600"]);
    expect(pty.written).toHaveLength(0);
    const { stdout } = await runCli([
      "port",
      "scan",
      pty.path,
      "--for",
      "1s",
      "--baud",
      "9600",
      "--enter",
    ]);
    expect(pty.written.toString()).toBe("\r");
    expect(stdout).toContain("nothing came at 9600 baud");
  });

  it("test: all byte values round a plug, and a line without one", async () => {
    const without = await runCli(["port", "test", pty.path]);
    expect(without).toMatchObject({ code: 0 });
    expect(without.stdout).toContain("no modem lines");
    pty.onBytes((bytes) => void pty.write(bytes));
    const looped = await runCli(["port", "test", pty.path, "--loopback"]);
    expect(looped).toMatchObject({ code: 0 });
    expect(looped.stdout).toContain("all 256 bytes came back");
  });

  it("leaves a port alone that somebody has, and says who", async () => {
    const held = await openPty({ raw: true });
    const { code, stdout } = await runCli(["port", "identify", held.path, "--enter"]);
    await held.close();
    expect(code).toBe(1);
    expect(stdout).toMatch(/python3.* \(pid \d+\) has it/);
    expect(held.written).toHaveLength(0);
  });

  it("says what is wrong with a name, and what verbs there are", async () => {
    const none = await runCli(["port", "test", "/dev/ttyNONE"]);
    expect(none.code).not.toBe(0);
    expect(none.stderr).toContain('Cannot open "/dev/ttyNONE": there is no such device');
    expect(await runCli(["port", "sniff"])).toMatchObject({ code: 2 });
  });
});
