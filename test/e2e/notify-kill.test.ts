/** An alert that nobody could be told before `kill -9` is told by the next daemon, once, with the same key. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { until } from "./notify/receivers.ts";
import { TestSite } from "./rig/daemon.ts";
import { freePort } from "./rig/machine.ts";

let site: TestSite;
let consoles: Server;
const sockets = new Set<Socket>();
let current: Socket | undefined;
let isMended = false;

const LOGIN = "\r\n\r\nDebian GNU/Linux 12 web1 ttyS0\r\n\r\nweb1 login: ";
const RESCUE =
  '\r\nYou are in emergency mode. After logging in, type "journalctl -xb"\r\nGive root password for maintenance\r\n(or press Control-D to continue): ';

beforeAll(async () => {
  consoles = createServer((socket) => {
    sockets.add(socket);
    current = socket;
    socket.on("error", () => undefined);
    // Whoever presses Enter gets what the host shows.
    socket.on("data", () => socket.write(isMended ? LOGIN : RESCUE));
  });
  const port = await freePort();
  await new Promise<void>((resolve) => consoles.listen(port, "127.0.0.1", resolve));
  site = new TestSite(`notify:
  script: { driver: command, command: PLACE/keep }
  dead: { driver: webhook, url: "http://127.0.0.1:9/x", insecure: true }
hosts:
  web1: { os: linux, console: { driver: tcp, host: 127.0.0.1, port: ${port} }, watch: { mode: ask, confirm-for: 2s, hands-off: 1s } }
`);
  const { folder, config } = site;
  writeFileSync(config, readFileSync(config, "utf8").replace("PLACE", folder));
  const script = `#!/bin/sh
[ -e ${folder}/refuse ] && { echo "not now" >&2; exit 75; }
echo "$OOB_KEY $OOB_PHASE $OOB_INCIDENT" >>${folder}/told
`;
  writeFileSync(join(folder, "keep"), script, { mode: 0o755 });
  writeFileSync(join(folder, "refuse"), "");
  await site.start();
});

afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  consoles?.close();
  await site?.stop();
});

const told = () =>
  existsSync(join(site.folder, "told"))
    ? readFileSync(join(site.folder, "told"), "utf8").trim().split("\n")
    : [];

it("survives kill -9, and a dead channel shows in oob status", async () => {
  await site.event("a watch", (event) => event.type === "watch.start", 120_000);
  current?.write(`${LOGIN}${RESCUE}`);
  await site.event("a page", (event) => event.type === "watch.page", 120_000);
  const waiting = await until("a try that failed", async () => {
    const script = (await site.site.channels()).find((one) => one.channel === "script");
    return script?.state === "failing" ? script : undefined;
  });
  expect(waiting).toMatchObject({ waiting: 1, sent: 0 });
  const status = await site.run("status");
  expect(status.stderr).toMatch(/alerts: .*script failing .*1 waiting/);
  await site.kill();
  rmSync(join(site.folder, "refuse"));
  await site.start();
  const [first] = await until("the alert", () => (told().length > 0 ? told() : undefined));
  expect(first).toMatch(/^e2e-\d+ open 1$/);
  await site.event("the watch again", (event) => event.type === "watch.resume", 120_000);
  isMended = true;
  // A getty prints again: a watch that stood still for a moment may have missed the first one.
  const getty = setInterval(() => current?.write(LOGIN), 3000);
  const all = await until("its end", () =>
    told().some((line) => line.endsWith("resolved 1")) ? told() : undefined,
  ).finally(() => clearInterval(getty));
  expect(all.filter((line) => line === first)).toHaveLength(1);
  const test = await site.run("notify", "test", "--json");
  expect(test.code).toBe(1);
  const results = test.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(new Map(results.map((one) => [one.channel, one.result]))).toEqual(
    new Map([
      ["script", "done"],
      ["dead", "failed"],
    ]),
  );
  expect((await site.run("notify", "test", "script")).code).toBe(0);
});
