/**
 * A link in an alert, from a panic to the outlet: the real daemon, a chat room that takes its alerts, a PDU that switches,
 * and a person who has nothing but the link. What programs that show links do (GET, HEAD) does nothing.
 */
import { once } from "node:events";
import { statSync } from "node:fs";
import { createServer, request, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import apcRpdu2 from "../../drivers/power/snmp/apc-rpdu2.ts";
import { MockHost } from "../../mocks/host.ts";
import { MockSnmpPdu } from "../../mocks/snmp-pdu.ts";
import { TelnetConsoleServer } from "../../mocks/telnet-console-server.ts";
import type { HostStatus } from "../../src/core/site/site.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { TestSite } from "./rig/daemon.ts";
import { freePort } from "./rig/machine.ts";
import { until } from "./rig/rack-site.ts";

/** Five times what it takes on a busy machine. */
const PATIENCE = 240_000;
const PUBLIC = "oob.example";

interface Told {
  readonly path: string;
  readonly title: string;
  readonly link?: string;
}

const told: Told[] = [];
let rooms: Server;
let server: TelnetConsoleServer;
let host: MockHost;
let pdu: MockSnmpPdu;
let cuts = 0;
let port: number;
let test: TestSite;

beforeAll(async () => {
  rooms = createServer((asked, response) => {
    const pieces: Buffer[] = [];
    asked.on("data", (piece: Buffer) => pieces.push(piece));
    asked.on("end", () => {
      const alert = JSON.parse(Buffer.concat(pieces).toString("utf8")) as Omit<Told, "path">;
      told.push({ ...alert, path: asked.url ?? "" });
      response.end("{}");
    });
  }).listen(0, "127.0.0.1");
  await once(rooms, "listening");
  const room = `http://127.0.0.1:${(rooms.address() as AddressInfo).port}`;
  host = new MockHost({
    name: "web1",
    clock: systemClock,
    pace: 0.2,
    write: (bytes) => server.ports[0]?.write(bytes),
  });
  server = await TelnetConsoleServer.start([
    { onBytes: (bytes) => host.receive(bytes), onBreak: () => host.receiveBreak() },
  ]);
  pdu = await MockSnmpPdu.start({
    family: apcRpdu2,
    outlets: 2,
    clock: systemClock,
    onSwitch: (instance, state) => {
      if (instance !== "1") return;
      if (state === "off") cuts++;
      host.power(state === "on");
    },
  });
  port = await freePort();
  const hook = (path: string, more: string) =>
    `{ driver: webhook, url: "${room}/${path}", insecure: true${more} }`;
  test = new TestSite(
    `web: { listen: "127.0.0.1:${port}", url: "https://${PUBLIC}/" }
notify:
  oncall: ${hook("oncall", ", link: answer")}
  room: ${hook("room", "")}
  wall: ${hook("wall", ", link: none")}
pdus:
  pdu-a: { driver: snmp, host: 127.0.0.1, port: ${pdu.port}, version: 2c, community: secret:read, write-community: secret:write, insecure: true }
hosts:
  web1:
    os: linux
    console: { driver: telnet, host: 127.0.0.1, port: ${server.ports[0]?.port} }
    outlets: [pdu-a/1]
    off-for: 1s
    watch: { mode: ask, ladder: [cycle, page], confirm-for: 1s, silence: 0s, hands-off: 1s, boot-within: 60s }
`,
    { read: "public", write: "private" },
  );
  await test.start();
  // Nothing keeps what a host prints before somebody is connected.
  await until("the console is open", PATIENCE, async () => (await status()).console.is === "up");
  host.power(true);
  const atLogin = async () => (await status()).lastLine.includes("login:");
  await until("web1 is at its login prompt", PATIENCE, atLogin);
  host.panic();
}, PATIENCE);

afterAll(async () => {
  await test?.stop();
  host?.power(false);
  await pdu?.close();
  await server?.close();
  rooms?.close();
});

/** As a proxy passes it on. */
function ask(method: string, link: string, form?: Readonly<Record<string, string>>) {
  const { pathname } = new URL(link);
  const body = form && new URLSearchParams(form).toString();
  const type = body === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" };
  return new Promise<{ readonly status: number; readonly body: string }>((resolve, reject) => {
    const asked = request(
      { port, method, path: pathname, agent: false, headers: { host: PUBLIC, ...type } },
      (response) => {
        const pieces: Buffer[] = [];
        response.on("data", (piece: Buffer) => pieces.push(piece));
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(pieces).toString() }),
        );
      },
    );
    asked.on("error", reject);
    asked.end(body);
  });
}

async function status(): Promise<HostStatus> {
  const [found] = await test.site.status(["web1"], { power: false });
  if (!found) throw new Error("web1 is not there");
  return found;
}

const linkOf = async (path: string): Promise<string> => {
  const isAsked = ({ path: at, link }: Told) => at === `/${path}` && link !== undefined;
  await until(`a link at ${path}`, PATIENCE, async () => (await asksNow()) && told.some(isAsked));
  return told.findLast(isAsked)?.link ?? "";
};
const asksNow = async () => (await test.site.why("web1", { interlocks: false })).ask !== undefined;

describe("a link in an alert", () => {
  it("shows the incident as often as it is looked at, and is not in rooms that want none", async () => {
    let link = await linkOf("oncall");
    const asking = (path: string) =>
      told.some(({ path: at, title }) => at === path && title.includes("web1"));
    await until("all rooms hear of it", PATIENCE, () =>
      ["/oncall", "/room", "/wall"].every(asking),
    );
    // The alert of the question itself, where another went out before it.
    await until("a link that asks", PATIENCE, async () => {
      link = await linkOf("oncall");
      return (await ask("GET", link)).body.includes("Cut the power of web1?");
    });
    expect(link).toMatch(/^https:\/\/oob\.example\/i\/[\w-]{60,200}$/);
    for (let n = 0; n < 10; n++) {
      expect(await ask("HEAD", link)).toEqual({ status: 200, body: "" });
      expect((await ask("GET", link)).body).toContain("Kernel panic - not syncing");
    }
    const room = await linkOf("room");
    expect((await ask("GET", room)).body).not.toContain("<form");
    expect(
      (await ask("POST", room, { answer: "yes", rung: "cycle", confirm: "web1" })).status,
    ).toBe(403);
    expect(told.filter(({ path, link: one }) => path === "/wall" && one !== undefined)).toEqual([]);
    expect(cuts).toBe(0);
    expect(await asksNow()).toBe(true);
    const key = statSync(join(test.folder, "state", "web", "link.key"));
    expect(key.mode & 0o777).toBe(0o600);
  }, 300_000);

  it("is made at a terminal too, for whoever may approve", async () => {
    const shown = await test.run("incident", "link", "1", "--answer");
    expect(shown).toMatchObject({ code: 0 });
    expect(shown.stdout).toMatch(/^https:\/\/oob\.example\/i\/\S+\n$/);
    expect(shown.stderr).toContain("whoever has it can answer, once");
    expect((await ask("GET", shown.stdout.trim())).body).toContain("Cut the power of web1?");
  }, 300_000);

  it("raw bytes, half requests and closed connections end nothing", async () => {
    const noise = [
      "\u0000\u0001\u0002",
      "GET / HTTP/9.9\r\n\r\n",
      "GET /i/x HTTP/1.1\r\nHost: ",
      "\r\n".repeat(500),
    ];
    const all = noise.map(async (bytes) => {
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => undefined);
      await once(socket, "connect");
      socket.write(bytes);
      socket.destroy();
      await once(socket, "close");
    });
    await Promise.all(all);
    expect((await ask("GET", await linkOf("oncall"))).status).toBe(200);
  }, 300_000);

  it("answers once: the outlet is switched once, the second answer is told so, the trail says by link", async () => {
    const link = (await test.run("incident", "link", "1", "--answer", "--json")).stdout;
    const { url } = JSON.parse(link) as { url: string };
    const yes = { answer: "yes", rung: "cycle", confirm: "web1" };
    expect((await ask("POST", url, { ...yes, confirm: "web2" })).status).toBe(400);
    expect((await ask("POST", url, yes)).status).toBe(303);
    const second = await ask("POST", url, yes);
    expect(second.status).toBe(409);
    expect(second.body).toContain("already answered");
    await until("web1 is back", PATIENCE, async () => {
      const { summary } = await test.site.incident(1);
      return summary.state === "recovered";
    });
    expect(cuts).toBe(1);
    expect(pdu.relay("1")).toBe("on");
    const approved = test.ofHost("web1", /^incident\.approve$/);
    expect(approved.map(({ by, text }) => `${by}: ${text}`)).toEqual([
      expect.stringMatching(
        /^link of \S+: link of \S+ approved to cycle its outlets \(by link from 127\.0\.0\.1\)$/,
      ),
    ]);
    expect((await ask("POST", url, yes)).status).toBe(409);
    expect((await ask("GET", url)).body).toContain("recovered");
    expect(cuts).toBe(1);
  }, 300_000);
});
