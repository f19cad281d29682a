/** Bytes of anybody at the port: the server answers, closes or drops, and goes on. */
import { connect, type Socket } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { HOST, WebSite, YES } from "./web-kit.ts";

let site: WebSite;
let path: string;
beforeAll(async () => {
  site = new WebSite();
  await site.asks();
  await site.serve();
  path = `/i/${site.token()}`;
});
afterAll(() => site.end());

/** Sends pieces and gives what came back until the other side closed, or nothing more is to be sent. */
async function exchange(pieces: readonly Buffer[]): Promise<string> {
  const socket = connect(site.port, "127.0.0.1");
  let got = "";
  socket.on("data", (piece) => {
    got += piece.toString("latin1");
  });
  socket.on("error", () => undefined);
  for (const piece of pieces) socket.write(piece);
  socket.end();
  await closed(socket);
  return got;
}

/** Not by once(): a connection that is reset is closed, too. */
const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    socket.on("close", () => resolve());
  });

const words = [
  "GET ",
  "POST ",
  "HEAD ",
  "CONNECT ",
  "OPTIONS ",
  "/i/",
  "/",
  "*",
  "http://x/",
  " HTTP/1.1",
  " HTTP/1.0",
  "\r\n",
  "\n",
  "\r\n\r\n",
  "Host: oob.example\r\n",
  "Host:\r\n",
  "Content-Length: 5\r\n",
  "Content-Length: -1\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Connection: Upgrade\r\nUpgrade: websocket\r\n",
  "Expect: 100-continue\r\n",
  "Content-Type: application/x-www-form-urlencoded\r\n",
  "5\r\nabcde\r\n0\r\n\r\n",
  "ffffffffffffffff\r\n",
  "answer=yes&rung=cycle&confirm=web1",
  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
];
const piece = fc.oneof(
  fc.constantFrom(...words).map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  fc.constantFrom(9000, 70_000).map((size) => Buffer.alloc(size, "a")),
);

it("WebServer takes any bytes, in any pieces, and is there afterwards; nothing is answered by them", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 14 }), async (pieces) => {
      const got = await exchange(pieces);
      if (got !== "") expect(got).toMatch(/^HTTP\/1\.1 [1-5]\d\d /);
    }),
    { numRuns: 150 },
  );
  expect((await site.ask("GET", path)).status).toBe(200);
  expect(await site.bench.texts("incident.approve")).toEqual([]);
});

it("WebServer takes whatever a form holds, and acts upon none but a right one", async () => {
  const field = fc.oneof(
    fc.constantFrom("answer", "yes", "no", "rung", "cycle", "confirm", "web2"),
    fc.string(),
  );
  const forms = fc.array(fc.tuple(field, field), { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(forms, async (pairs) => {
      fc.pre(!pairs.some(([name, value]) => name === "answer" && value === "no"));
      const body = new URLSearchParams(pairs).toString();
      const { status } = await site.ask("POST", path, body);
      expect([400, 413]).toContain(status);
    }),
    { numRuns: 100 },
  );
  expect(await site.bench.texts("incident.approve")).toEqual([]);
});

it("WebServer holds no more than its share of connections, and those who wait get in once others go", async () => {
  const open = Array.from({ length: 60 }, () => {
    const socket = connect(site.port, "127.0.0.1");
    socket.on("error", () => undefined);
    // A head that never ends.
    socket.write(`GET ${path} HTTP/1.1\r\nHost: ${HOST}\r\nX: `);
    return socket;
  });
  const dropped = open.map((socket) => closed(socket));
  await Promise.race(dropped);
  for (const socket of open) socket.destroy();
  await Promise.all(dropped);
  // Not before it has seen that they are gone.
  const answered = async () => (await site.ask("GET", path).catch(() => undefined))?.status === 200;
  let tries = 0;
  while (!(await answered())) if (++tries > 500) throw new Error("it does not answer any more");
  expect((await site.ask("POST", path, { ...YES, confirm: "no" })).status).toBe(400);
});
