import { X509Certificate } from "node:crypto";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import { afterEach, expect, test } from "vitest";
import { MOCK_CERTIFICATE } from "../../../mocks/http-certificate.ts";
import { HttpService, type MockLogin, type MockReply } from "../../../mocks/http-service.ts";
import { ManualClock, systemClock } from "../../../src/lib/clock.ts";
import type { ErrorCode } from "../../../src/lib/errors.ts";
import {
  HttpClient,
  type HttpTarget,
  MAX_HTTP_BODY_BYTES,
} from "../../../src/sdk/http/http-client.ts";
import { failureOf } from "../../drivers/console/socket-suite.ts";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const USER = { user: "oob", password: 'hunter2 "ü' };
const WRONG = { ...USER, password: "wrong" };
const READ = { path: "/state?n=1", doing: "read" } as const;
const ACT = { ...READ, method: "POST", body: "{}", acts: true } as const;

async function service(login?: MockLogin, tls = false) {
  const device = new HttpService(() => ({ body: { fine: true } }), login, tls);
  const port = await device.listen();
  closing.push(() => device.close());
  const client = (more: Partial<HttpTarget> = {}) =>
    new HttpClient(
      {
        ...{ label: "pdu 127.0.0.1", host: "127.0.0.1", port, tls },
        ...{ timeout: 10_000, insecure: true, ...more },
      },
      systemClock,
    );
  return { device, port, client };
}

test("an answer comes back as JSON, each request on a connection of its own", async () => {
  const { device, client } = await service();
  expect(await client().requestJson(ACT)).toEqual({ fine: true });
  expect(device.asked).toMatchObject([{ method: "POST", path: "/state", body: "{}" }]);
  expect(device.asked[0]?.headers).toMatchObject({ connection: "close", "content-length": "2" });
});

test.each(["basic", "md5", "sha-256", "both", "unsaid"] as const)(
  "login by %s: the right one is taken, a wrong one is tried once",
  async (scheme) => {
    const { device, client } = await service({ scheme, ...USER });
    const right = client({ login: USER });
    for (let n = 0; n < 3; n++) expect(await right.requestJson(ACT)).toEqual({ fine: true });
    expect(device.asked).toHaveLength(3);
    expect(device.refused).toBe(1);
    const wrong = await failureOf(client({ login: WRONG }).requestJson(ACT));
    expect(wrong.code).toBe("LOGIN_REFUSED");
    expect(wrong.message).toBe(
      "Cannot read pdu 127.0.0.1: it does not take the user or the password (HTTP 401)",
    );
    expect(device.refused).toBe(3);
    expect((await failureOf(client().requestJson(READ))).message).toContain("it wants a password");
    expect(device.asked).toHaveLength(3);
  },
);

test("a nonce that got old is answered anew, and the request is carried out once", async () => {
  const { device, client } = await service({ scheme: "sha-256", ...USER, nonceUses: 2 });
  const one = client({ login: USER });
  for (let n = 0; n < 6; n++) await one.requestJson(ACT);
  expect(device.asked).toHaveLength(6);
  expect(device.refused).toBe(3);
});

test("a server that calls every nonce stale is asked three times", async () => {
  let asked = 0;
  const server = createHttpServer((_, response) => {
    const challenge = `Digest realm="r", nonce="n${++asked}", stale=true`;
    response.writeHead(401, { "www-authenticate": challenge }).end();
  }).listen(0, "127.0.0.1");
  closing.push(async () => server.close());
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const { client } = await service();
  const failure = await failureOf(client({ port, login: USER }).requestJson(ACT));
  expect([failure.code, asked]).toEqual(["LOGIN_REFUSED", 3]);
});

test("a password goes in clear text only with consent", async () => {
  const { device, client } = await service({ scheme: "basic", ...USER });
  const failure = await failureOf(client({ login: USER, insecure: false }).requestJson(READ));
  expect(failure.code).toBe("LOGIN_REFUSED");
  expect(failure.message).toContain("in clear text");
  expect(device.asked).toEqual([]);
  const digest = await service({ scheme: "both", ...USER });
  await digest.client({ login: USER, insecure: false }).requestJson(READ);
});

const REPLIES: readonly (readonly [MockReply, ErrorCode, string])[] = [
  [{ status: 403 }, "PDU_REFUSED", "forbids"],
  [{ status: 404 }, "PDU_UNKNOWN", "no such interface"],
  [{ status: 422 }, "PDU_REFUSED", "refuses"],
  [{ status: 500 }, "PDU_SILENT", "it failed"],
  [{ status: 302, headers: { location: "/login?p=hunter2" } }, "PDU_UNKNOWN", "elsewhere (HTTP"],
  [
    { status: 301, headers: { location: "https://pdu1/x?password=hunter2" } },
    "PDU_UNKNOWN",
    "elsewhere, to https://pdu1 (",
  ],
  [{ body: "<html>hunter2</html>" }, "PDU_UNKNOWN", "no JSON"],
];

test.each(REPLIES)("%j is %s: %s", async (reply, code, words) => {
  const { device, client } = await service();
  device.faults.instead = reply;
  const failure = await failureOf(client().requestJson(READ));
  expect(failure.code).toBe(code);
  expect(failure.message).toContain(words);
  expect(JSON.stringify(failure) + failure.message + failure.hint).not.toContain("hunter2");
  expect(device.asked).toHaveLength(1);
});

test("after a command an answer that makes no sense leaves it open", async () => {
  const { device, client } = await service();
  device.faults.says = { body: "<html>" };
  expect((await failureOf(client().requestJson(ACT))).code).toBe("PDU_SILENT");
  expect(device.asked).toHaveLength(1);
});

test.each([
  ["drops", "it dropped the connection"],
  ["cuts", "it dropped the connection"],
  ["endless", `its answer is larger than ${MAX_HTTP_BODY_BYTES} bytes`],
] as const)("%s: %s, and it is sent once", async (fault, words) => {
  const { device, client } = await service();
  device.faults[fault] = true;
  const failure = await failureOf(client().requestJson(ACT));
  expect(failure.code).toBe("PDU_SILENT");
  expect(failure.message).toContain(words);
  expect(device.asked).toHaveLength(1);
});

test("silence ends with the time limit", async () => {
  const { device, client } = await service();
  device.faults.mute = true;
  const failure = await failureOf(client({ timeout: 100 }).requestJson(READ));
  expect([failure.code, failure.message]).toEqual([
    "PDU_SILENT",
    "Cannot read pdu 127.0.0.1: no answer within 100ms",
  ]);
});

test("a trickle of bytes does not stretch the time limit", async () => {
  const clock = new ManualClock();
  const server = createServer((socket) => {
    socket.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[");
    socket.on("error", () => undefined);
    socket.on("data", () => void clock.advance(6000));
  }).listen(0, "127.0.0.1");
  closing.push(async () => server.close());
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const target = { label: "pdu", host: "127.0.0.1", port, tls: false, insecure: false };
  const failure = await failureOf(
    new HttpClient({ ...target, timeout: 5000 }, clock).requestJson(READ),
  );
  expect(failure.message).toBe("Cannot read pdu: no answer within 5s");
});

test.each([
  ["SSH-2.0-OpenSSH_9.2\r\n", "no HTTP"],
  [
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    "no answer to this",
  ],
  ["", "dropped"],
] as const)("%j is not taken for an answer", async (said, words) => {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => socket.end(said, "latin1"));
  }).listen(0, "127.0.0.1");
  closing.push(async () => server.close());
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const { client } = await service();
  const failure = await failureOf(client({ port }).requestJson(READ));
  expect(failure.code).toBe("PDU_SILENT");
  expect(failure.message).toContain(words);
});

test("nobody listening, and a name that does not exist, are said", async () => {
  const { device, client } = await service();
  await device.close();
  closing.pop();
  const refused = await failureOf(client().requestJson(READ));
  expect(refused.message).toBe("Cannot read pdu 127.0.0.1: connection refused");
  const lost = await failureOf(client({ host: "no-such-pdu.invalid" }).requestJson(READ));
  expect(lost.code).toBe("PDU_SILENT");
});

test("a certificate counts if it is pinned, and the login goes to no other", async () => {
  const { device, client } = await service({ scheme: "basic", ...USER }, true);
  const print = new X509Certificate(MOCK_CERTIFICATE.cert).fingerprint256;
  const pin = print.replaceAll(":", "").toLowerCase();
  const login = { login: USER, insecure: false };
  expect(await client({ pin, ...login }).requestJson(READ)).toEqual({ fine: true });
  const asked = device.refused + device.asked.length;
  const unsigned = await failureOf(client(login).requestJson(ACT));
  expect(unsigned.code).toBe("PDU_REFUSED");
  expect(unsigned.message).toContain(`signed its certificate itself, sha256:${pin}`);
  const other = await failureOf(client({ pin: "0".repeat(64), ...login }).requestJson(ACT));
  expect(other.code).toBe("PDU_REFUSED");
  expect(other.message).toContain("not the pinned one");
  expect(device.refused + device.asked.length).toBe(asked);
});

test("HTTP where HTTPS is spoken, and the other way round, are said", async () => {
  const plain = await service();
  expect((await failureOf(plain.client({ tls: true }).requestJson(READ))).hint).toContain("HTTPS");
  const secure = await service(undefined, true);
  const failure = await failureOf(secure.client({ tls: false }).requestJson(READ));
  expect(failure.hint).toContain("tls: true");
});
