import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { openPty, type Pty } from "../pty.ts";

const JITI = new URL("../../node_modules/jiti/lib/jiti-cli.mjs", import.meta.url).pathname;
const PROGRAM = new URL("./attach-on-tty.ts", import.meta.url).pathname;
const ESCAPE = "\u001d";

const stty = (pty: Pty, ...words: string[]) =>
  execFileSync("stty", ["-F", pty.path, ...words], { encoding: "utf8" }).trim();

const ptys: Pty[] = [];
afterEach(async () => {
  for (const pty of ptys.splice(0)) await pty.close();
});

/** `oob attach web1` at a terminal of 100 columns, past its header. */
async function attach() {
  const pty = await openPty();
  ptys.push(pty);
  stty(pty, "cols", "100", "rows", "30");
  const before = stty(pty, "-g");
  const fd = openSync(pty.path, "r+");
  const child: ChildProcess = spawn(process.execPath, [JITI, PROGRAM, "attach", "web1"], {
    stdio: [fd, fd, fd],
    env: { ...process.env, TERM: "xterm" },
  });
  closeSync(fd);
  const ended = once(child, "exit").then(([code]) => code as number | null);
  await pty.until("replay: screen");
  return { pty, child, before, ended };
}

test("attach at a real terminal: raw while it stands there, a bare LF stays one, all back on leaving", async () => {
  const { pty, before, ended } = await attach();
  await pty.write("L");
  await pty.until("two");
  expect(pty.written.toString()).toContain("one\ntwo");
  const during = stty(pty, "-a");
  for (const flag of ["-icanon", "-echo", "-isig", "-opost", "-ixon"])
    expect(during).toContain(flag);
  // Ctrl-C is for the host.
  await pty.write("\u0003");
  await pty.until("\u0003");
  await pty.write(`${ESCAPE}.`);
  expect(await ended).toBe(0);
  expect(stty(pty, "-g")).toBe(before);
  // What was written last may still be on its way through the pty.
  await pty.until("typed 2 B\r");
});

test.each(["SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT"] as const)(
  "attach sets the terminal back on %s",
  async (signal) => {
    const { pty, child, before, ended } = await attach();
    child.kill(signal);
    expect(await ended).toBe(130);
    expect(stty(pty, "-g")).toBe(before);
    await pty.until("\u001b[?2004l");
  },
);

test("attach sets the terminal back on an uncaught exception", async () => {
  const { pty, before, ended } = await attach();
  await pty.write("!");
  expect(await ended).not.toBe(0);
  expect(stty(pty, "-g")).toBe(before);
  await pty.until("\u001b[?2004l");
});
