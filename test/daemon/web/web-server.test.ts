import { once } from "node:events";
import { chmodSync, existsSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { checkWeb } from "../../../src/daemon/web/check-web.ts";
import { WebServer } from "../../../src/daemon/web/web-server.ts";
import { ManualClock } from "../../../src/lib/clock.ts";
import { minutes, seconds } from "../../../src/lib/durations.ts";
import { HOST, POLICY, WebSite, YES } from "./web-kit.ts";

let site: WebSite;
afterEach(() => site.end());

async function serving(change = {}): Promise<void> {
  site = new WebSite(change);
  await site.asks();
  await site.serve();
}

describe("the page of an incident", () => {
  it("GET and HEAD show it and change nothing, however often", async () => {
    await serving();
    const path = `/i/${site.token()}`;
    const before = JSON.stringify(site.incident().record);
    for (let n = 0; n < 5; n++) {
      const { status, body } = await site.ask("GET", path);
      expect(status).toBe(200);
      for (const text of ["web1", "Cut the power of web1?", "What was seen", "Story"])
        expect(body).toContain(text);
    }
    expect(await site.ask("HEAD", path)).toMatchObject({ status: 200, body: "" });
    expect(JSON.stringify(site.incident().record)).toBe(before);
    expect(site.bench.relay.orders).toEqual([]);
  });

  it("POST with the host's name says yes once; the second is told that it is answered", async () => {
    await serving();
    const path = `/i/${site.token()}`;
    const first = await site.ask("POST", path, YES);
    expect(first).toMatchObject({ status: 303, headers: { location: path.slice(3) } });
    const second = await site.ask("POST", path, YES);
    expect(second.status).toBe(409);
    expect(second.body).toContain("already answered");
    expect(await site.bench.texts("incident.approve")).toEqual([
      "link of jana approved to cycle its outlets (by link from 127.0.0.1)",
    ]);
    await site.bench.pass(minutes(3));
    expect(site.bench.relay.orders).toEqual(["cycle web1 1-cycle-1"]);
    expect((await site.ask("GET", path)).body).toContain("link of jana approved");
  });

  it("two at the same moment: one answers", async () => {
    await serving();
    const path = `/i/${site.token()}`;
    const all = await Promise.all(Array.from({ length: 6 }, () => site.ask("POST", path, YES)));
    expect(all.map(({ status }) => String(status)).toSorted()).toEqual([
      "303",
      ...Array.from({ length: 5 }, () => "409"),
    ]);
    expect(await site.bench.texts("incident.approve")).toHaveLength(1);
  });

  it("a no needs its reason, and then nothing more is done by itself", async () => {
    await serving({ userHeader: "x-remote-user", addressHeader: "x-real-ip" });
    const path = `/i/${site.token()}`;
    const proxied = { "x-remote-user": "j\u00e4na\u009b2J", "x-real-ip": "10.0.0.9" };
    expect((await site.ask("POST", path, { answer: "no", reason: " " })).status).toBe(400);
    const no = await site.ask("POST", path, { answer: "no", reason: "disk\u001b]0;x" }, proxied);
    expect(no.status).toBe(303);
    expect(await site.bench.texts("incident.deny")).toEqual([
      'by link from 10.0.0.9, as "j\u00e4na\\u{9b}2J": disk^[]0;x',
    ]);
    expect(site.bench.relay.orders).toEqual([]);
  });

  it("does nothing without the name, with another rung, with a link that shows, or with anything else", async () => {
    await serving();
    const [view, answer] = [`/i/${site.token("view")}`, `/i/${site.token()}`];
    const refused: [string, Readonly<Record<string, string>>, number][] = [
      [answer, { ...YES, confirm: "" }, 400],
      [answer, { ...YES, confirm: "web2" }, 400],
      [answer, { ...YES, confirm: "y" }, 400],
      [answer, { ...YES, rung: "sysrq" }, 400],
      [answer, { confirm: "web1" }, 400],
      [answer, {}, 400],
      [view, YES, 403],
      [view, { answer: "no", reason: "x" }, 403],
      [`${answer}A`, YES, 404],
    ];
    for (const [path, form, status] of refused)
      expect(await site.ask("POST", path, form), JSON.stringify(form)).toMatchObject({ status });
    await site.bench.holds.set(["web1"], "bo", minutes(60), "mine");
    const held = await site.ask("POST", answer, YES);
    expect(held.status).toBe(409);
    expect(held.body).toContain("Cannot approve incident 1: hold by bo");
    expect(await site.bench.texts("incident.approve")).toEqual([]);
    expect((await site.ask("GET", view)).body).not.toContain("<form");
  });

  it("takes the name as a telephone writes it", async () => {
    await serving();
    const form = { ...YES, confirm: " Web1 " };
    expect((await site.ask("POST", `/i/${site.token()}`, form)).status).toBe(303);
  });

  it("shows hostile text as text alone", async () => {
    await serving();
    const evil = `<img src=x onerror=alert(1)>"'&\u001b]0;evil\u0007\u202e`;
    const { incident } = site.links.open(site.token()) ?? {};
    incident?.tell("watch.page", evil);
    incident?.change({
      screenBefore: [evil],
      case: {
        ...incident.record.case,
        cause: { ...incident.record.case.cause, line: evil, means: evil },
      },
    });
    writeFileSync(
      join(incident?.folder ?? "", "before.raw"),
      `${evil}\r\n</pre><script>1</script>`,
    );
    const { body } = await site.ask("GET", `/i/${site.token("view")}`);
    expect(body).toContain("&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;");
    expect(body).toContain("&lt;/pre&gt;&lt;script&gt;");
    expect(body).not.toMatch(/<img|<script|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/);
  });
});

describe("WebServer", () => {
  it("sends every answer with headers that let nothing in and nothing out", async () => {
    await serving();
    for (const [path, status] of [
      [`/i/${site.token()}`, 200],
      ["/i/none", 404],
      ["/", 404],
    ] as const) {
      const { headers, ...answer } = await site.ask("GET", path);
      expect(answer.status).toBe(status);
      expect(headers).toMatchObject({
        "content-security-policy": expect.stringMatching(
          /^default-src 'none'; style-src 'sha256-[\w+/]{43}='; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
        ),
        "referrer-policy": "no-referrer",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
      });
      expect(headers["set-cookie"]).toBeUndefined();
    }
  });

  it("refuses other hosts, methods, sites, forms and paths", async () => {
    await serving();
    const path = `/i/${site.token()}`;
    const long = `answer=no&reason=${"x".repeat(5000)}`;
    const status = async (...asked: Parameters<WebSite["ask"]>) =>
      (await site.ask(...asked)).status;
    expect(await status("GET", path, undefined, { host: "evil.example" })).toBe(421);
    expect(await status("GET", path, undefined, { host: "" })).toBe(421);
    expect(await status("POST", path, YES, { host: "evil.example" })).toBe(421);
    for (const method of ["PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"])
      expect(await status(method, path), method).toBe(405);
    expect(await status("POST", path, YES, { "sec-fetch-site": "cross-site" })).toBe(403);
    expect(await status("POST", path, "{}", { "content-type": "application/json" })).toBe(415);
    expect(await status("POST", path, long)).toBe(413);
    expect(await status("POST", path, long, { "transfer-encoding": "chunked" })).toBe(413);
    for (const wrong of ["/i/", "/i/../etc/passwd", "/i/%2e%2e", "//i/x", "/i/a/b", "/I/x", "*"])
      expect(await status("GET", wrong), wrong).toBe(404);
    expect(await site.bench.texts("incident.approve")).toEqual([]);
    expect(await status("GET", `${path}?utm_source=mail`)).toBe(200);
  });

  it("makes few pages at once, however many requests come in one piece", async () => {
    await serving();
    const one = `GET /i/${site.token("view")} HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`;
    const socket = connect(site.port, "127.0.0.1");
    let got = "";
    socket.on("data", (piece) => {
      got += piece.toString("latin1");
    });
    socket.on("error", () => undefined);
    socket.write(one.repeat(60));
    await new Promise<void>((resolve) => {
      socket.on("close", () => resolve());
    });
    expect(got.match(/^HTTP\/1.1 200/gm)?.length).toBeLessThan(60);
    expect(got).toContain("HTTP/1.1 503");
    expect((await site.ask("GET", `/i/${site.token("view")}`)).status).toBe(200);
  });

  it("is found below the path of its address, whether the proxy takes it away or not", async () => {
    await serving({ url: "https://oob.example/consoles/" });
    const path = `/i/${site.token("view")}`;
    expect((await site.ask("GET", path)).status).toBe(200);
    expect((await site.ask("GET", `/consoles${path}`)).status).toBe(200);
    expect((await site.ask("GET", `/other${path}`)).status).toBe(404);
  });

  it("tells of a port that is taken, waits, and is there once it is free", async () => {
    site = new WebSite();
    const taken: Server = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;
    const notes: string[] = [];
    const clock = new ManualClock(0);
    const server = new WebServer({
      policy: { ...POLICY, listen: { address: "127.0.0.1", port } },
      incidents: {
        show: () => Promise.reject(new Error("x")),
        answer: () => Promise.reject(new Error("x")),
      },
      clock,
      note: (type, text) => notes.push(`${type} ${text}`),
    });
    await server.start();
    expect(notes).toEqual([
      expect.stringMatching(/^web\.down .*cannot listen at 127\.0\.0\.1:\d+: .*EADDRINUSE/),
    ]);
    const listen = { address: "127.0.0.1", port };
    taken.on("request", (_, response) => response.end("not ours"));
    expect(await checkWeb({ ...POLICY, listen })).toMatchObject([
      { is: "warning", text: expect.stringMatching(/something else answers$/) },
    ]);
    await clock.advance(seconds(30));
    taken.close();
    taken.closeAllConnections();
    await once(taken, "close");
    for (let n = 0; n < 200 && server.port === undefined; n++) {
      await clock.advance(seconds(30));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(server.port).toBe(port);
    expect(notes).toHaveLength(2);
    expect(notes[1]).toMatch(/^web\.ready/);
    expect(await checkWeb({ ...POLICY, listen })).toMatchObject([{ is: "ok", check: "web" }]);
    // What fails inside is told, and is a page.
    const answer = await fetch(`http://127.0.0.1:${port}/i/x`);
    expect(answer.status).toBe(500);
    expect(notes[2]).toBe("web.error a page could not be made: x");
    server.stop();
    expect(await checkWeb({ ...POLICY, listen })).toMatchObject([
      { is: "warning", text: expect.stringMatching(/nothing can be reached: .*ECONNREFUSED/) },
    ]);
    expect(await checkWeb(undefined)).toEqual([]);
  });

  it("listens at a socket of the file system, over the file of a dead one, and takes it away", async () => {
    site = new WebSite();
    const path = join(site.bench.dir, "web.sock");
    const make = () => {
      const notes: string[] = [];
      const server = new WebServer({
        policy: { ...POLICY, listen: { path } },
        incidents: {
          show: async () => ({ status: 200, html: "here" }),
          answer: () => Promise.reject(new Error("x")),
        },
        clock: new ManualClock(0),
        note: (type) => notes.push(type),
      });
      return { server, notes };
    };
    const first = make();
    await first.server.start();
    expect(first.notes).toEqual(["web.ready"]);
    expect(statSync(path).mode & 0o777).toBe(0o666);
    const second = make();
    await second.server.start();
    expect(second.notes).toEqual(["web.down"]);
    second.server.stop();
    const socket = connect(path);
    socket.end("GET /i/x HTTP/1.0\r\nHost: localhost\r\n\r\n");
    let got = "";
    for await (const piece of socket) got += String(piece);
    expect(got).toMatch(/^HTTP\/1\.1 200 [\s\S]*here$/);
    first.server.stop();
    expect(existsSync(path)).toBe(false);
    writeFileSync(path, "a file of somebody's");
    chmodSync(path, 0o600);
    const third = make();
    await third.server.start();
    expect(third.notes).toEqual(["web.down"]);
    third.server.stop();
    expect(existsSync(path)).toBe(true);
  });
});
