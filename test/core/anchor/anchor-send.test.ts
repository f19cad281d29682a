import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer as createTcp, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTls } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MOCK_CERTIFICATE } from "../../../mocks/http-certificate.ts";
import type { AnchorWay } from "../../../src/config/anchor-entry.ts";
import { sendToAnchor } from "../../../src/core/anchor/anchor-send.ts";
import { type Clock, systemClock } from "../../../src/lib/clock.ts";
import { openPty } from "../../pty.ts";
import { NOON } from "../log/log-kit.ts";

const LINES = ["first line", "second line"];
/** Time goes on by itself, from noon. */
const clock: Clock = {
  now: () => NOON,
  monotonic: () => systemClock.monotonic(),
  after: (delay, run) => systemClock.after(delay, run),
  sleep: (delay, signal) => systemClock.sleep(delay, signal),
};

const send = (way: AnchorWay, lines = LINES, on: Clock = clock) =>
  sendToAnchor({ name: "a1", every: 1000, way }, lines, {
    ...{ site: "demo", clock: on, signal: new AbortController().signal },
  });
const refusal = (work: Promise<void>): Promise<{ code: string; message: string; hint?: string }> =>
  work.then(
    () => expect.fail("it was taken"),
    (thrown: unknown) => thrown as never,
  );

let folder: string;
const open: Server[] = [];

const tls = MOCK_CERTIFICATE;
const pin = new X509Certificate(tls.cert).fingerprint256.replaceAll(":", "").toLowerCase();

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "oob-anchor-"));
  writeFileSync(join(folder, "cert.pem"), tls.cert);
});
afterAll(() => {
  for (const server of open) server.close();
});

/** A receiver that keeps what comes; `meets` may do more with a connection. */
async function receiver(isTls: boolean, meets: (socket: Socket) => void = () => undefined) {
  const got: string[] = [];
  const meet = (socket: Socket) => {
    socket.on("error", () => undefined);
    socket.on("data", (bytes: Buffer) => got.push(bytes.toString("latin1")));
    meets(socket);
  };
  const server = isTls ? createTls(tls, meet) : createTcp(meet);
  server.on("tlsClientError", () => undefined);
  open.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { port, text: () => got.join("") };
}

const FRAME =
  /^(\d+) <29>1 2026-11-22T12:00:00\.000Z \S+ oob - anchor \[oob@32473 site="demo"\] first line(\d+) <29>1 .* second line$/;

describe("sendToAnchor() by syslog", () => {
  it("sends messages of RFC 5424 with their octets counted, over TLS with a pinned certificate", async () => {
    const { port, text } = await receiver(true);
    await send({ is: "syslog", host: "127.0.0.1", port, tls: true, pin });
    expect(text()).toMatch(FRAME);
    const [, octets] = FRAME.exec(text()) ?? [];
    expect(text().indexOf("<29>", 5) - String(octets).length).toBeGreaterThan(Number(octets));
  });

  it("trusts who the file of authorities has signed, and nobody else", async () => {
    const { port, text } = await receiver(true);
    const way = { is: "syslog", host: "127.0.0.1", port, tls: true } as const;
    expect(await refusal(send(way))).toMatchObject({
      code: "ANCHOR_FAILED",
      message: expect.stringContaining("it signed its certificate itself"),
    });
    expect(await refusal(send({ ...way, pin: "0".repeat(64) }))).toMatchObject({
      message: expect.stringContaining("not the pinned one"),
    });
    // Signed by a known authority now: what is left to complain of is its name, which is not this address.
    expect(await refusal(send({ ...way, ca: join(folder, "cert.pem") }))).toMatchObject({
      message: expect.stringContaining("its certificate is for another name"),
    });
    expect(text()).toBe("");
  });

  it("counts as delivered only when the receiver read to the end and closed", async () => {
    const cut = await receiver(false, (socket) =>
      socket.once("data", () => socket.resetAndDestroy()),
    );
    expect(
      await refusal(send({ is: "syslog", host: "127.0.0.1", port: cut.port, tls: false })),
    ).toMatchObject({ code: "ANCHOR_FAILED" });
    const good = await receiver(false);
    await send({ is: "syslog", host: "127.0.0.1", port: good.port, tls: false });
    expect(good.text()).toMatch(FRAME);
  });

  it("gives up a receiver that takes all and never closes", async () => {
    const held: Socket[] = [];
    const server = createTcp({ allowHalfOpen: true }, (socket) => {
      held.push(socket);
      socket.resume();
      socket.on("error", () => undefined);
    });
    open.push(server);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    // The limit alone is shorter here.
    const fast: Clock = { ...clock, after: (ms, run) => systemClock.after(ms / 100, run) };
    const way = { is: "syslog", host: "127.0.0.1", port, tls: false } as const;
    expect(await refusal(send(way, LINES, fast))).toMatchObject({
      message: 'Cannot reach anchor "a1": it did not end within 20s',
    });
    for (const socket of held) socket.destroy();
  });
});

describe("sendToAnchor() by other ways", () => {
  it("appends to the file of the day in a folder, and leaves a torn line on its own", async () => {
    const way = { is: "folder", path: folder } as const;
    const path = join(folder, "2026-11-22.anchors");
    await send(way);
    await send(way, ["third line"]);
    expect(readFileSync(path, "utf8")).toBe("first line\nsecond line\nthird line\n");
    writeFileSync(path, "torn li");
    await send(way, ["whole line"]);
    expect(readFileSync(path, "utf8")).toBe("torn li\nwhole line\n");
    expect(await refusal(send({ is: "folder", path: join(folder, "none") }))).toMatchObject({
      message: expect.stringContaining("ENOENT"),
      hint: "Is it mounted, and may the daemon's user write there?",
    });
  });

  it("gives the lines to a program without a shell, and believes its exit code", async () => {
    const target = join(folder, "got $(id); x");
    await send({ is: "exec", words: ["tee", target], timeout: 30_000 });
    expect(readFileSync(target, "utf8")).toBe("first line\nsecond line\n");
    const words = ["sh", "-c", "echo no key >&2; exit 255"];
    expect(await refusal(send({ is: "exec", words, timeout: 30_000 }))).toMatchObject({
      message: 'Cannot reach anchor "a1": "sh" ended with 255, "no key"',
    });
  });

  it("writes to a serial line, ends each line with CR LF, and never reads", async () => {
    const pty = await openPty({ raw: true });
    try {
      await pty.write("hostile answer\r\n");
      await send({ is: "serial", path: pty.path, baud: 9600, flow: "none" });
      await pty.until("second line\r\n");
      expect(pty.written.toString("latin1")).toBe("first line\r\nsecond line\r\n");
      // A pty has no CTS: whether its peer is ready cannot be told, so nothing counts as sent.
      await refusal(send({ is: "serial", path: pty.path, baud: 9600, flow: "rtscts" }));
      expect(pty.written.toString("latin1")).toBe("first line\r\nsecond line\r\n");
    } finally {
      await pty.close();
    }
    expect(
      await refusal(send({ is: "serial", path: join(folder, "ttyX"), baud: 9600, flow: "none" })),
    ).toMatchObject({ code: "ANCHOR_FAILED", message: expect.stringContaining("ENOENT") });
  });
});
