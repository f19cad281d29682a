import type { AddressInfo } from "node:net";
import { createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import smtp from "../../../drivers/notify/smtp.ts";
import { ALERT, contextOf, optionsOf } from "./channel-bench.ts";

let server: Server | undefined;
const sockets = new Set<Socket>();

afterEach(() => {
  for (const socket of sockets) socket.destroy();
  server?.close();
});

/** A mail server that answers each line by a script; what it was told, line by line. */
async function serve(answers: (line: string, told: readonly string[]) => string | undefined) {
  const told: string[] = [];
  server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.write("220 mock ESMTP\r\n");
    let rest = "";
    socket.on("data", (bytes: Buffer) => {
      rest += bytes.toString("latin1");
      for (let end = rest.indexOf("\r\n"); end >= 0; end = rest.indexOf("\r\n")) {
        const line = rest.slice(0, end);
        rest = rest.slice(end + 2);
        told.push(line);
        const answer = answers(line, told);
        if (answer !== undefined) socket.write(answer);
      }
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  return { port: (server.address() as AddressInfo).port, told };
}

const ADDRESSES = { host: "127.0.0.1", from: "oob@x.org", to: ["a@x.org", "b@x.org"] };
const LOGIN = { user: "oob", password: "secret:mail" };

const send = (raw: Record<string, unknown>) =>
  smtp.send(ALERT, optionsOf(smtp, { ...ADDRESSES, ...raw }), contextOf({ mail: "pass-1" }));

/** Takes all, and logs in by LOGIN alone. */
const plain = (line: string, told: readonly string[]): string | undefined => {
  if (line.startsWith("EHLO")) return "250-mock\r\n250 AUTH LOGIN\r\n";
  if (line === "AUTH LOGIN") return "334 VXNlcm5hbWU6\r\n";
  if (line === Buffer.from("oob").toString("base64")) return "334 UGFzc3dvcmQ6\r\n";
  if (line === Buffer.from("pass-1").toString("base64")) return "235 in\r\n";
  if (line === "DATA") return "354 go on\r\n";
  if (told.includes("DATA") && line !== "." && line !== "QUIT") return undefined;
  return line === "QUIT" ? "221 bye\r\n" : "250 ok\r\n";
};

describe("smtp", () => {
  it("logs in by AUTH LOGIN where that is all there is, and sends to each", async () => {
    const { port, told } = await serve(plain);
    await expect(send({ port, tls: "none", insecure: true, ...LOGIN })).resolves.toBe("ok");
    expect(told).toContain("MAIL FROM:<oob@x.org>");
    expect(told.filter((line) => line.startsWith("RCPT"))).toEqual([
      "RCPT TO:<a@x.org>",
      "RCPT TO:<b@x.org>",
    ]);
    expect(told).toContain("Message-ID: <oob.demo-incident-12@x.org>");
  });

  it("says no word of a login or a mail where STARTTLS is not offered", async () => {
    const { port, told } = await serve(plain);
    await expect(send({ port, ...LOGIN })).rejects.toThrow(/it offers no STARTTLS/);
    expect(told.map((line) => line.split(" ")[0])).toEqual(["EHLO"]);
  });

  it("believes nothing that was said in clear text behind STARTTLS (CVE-2011-0411)", async () => {
    const { port, told } = await serve((line) =>
      line.startsWith("EHLO") ? "250-mock\r\n250 STARTTLS\r\n" : "220 go\r\n250 AUTH PLAIN\r\n",
    );
    await expect(send({ port, ...LOGIN })).rejects.toThrow(/more than that in clear text/);
    expect(told.some((line) => line.startsWith("AUTH"))).toBe(false);
  });

  it("a refused login shows neither password nor what the server repeats of it", async () => {
    const echoed = Buffer.from("pass-1").toString("base64");
    const { port } = await serve((line, told) =>
      line === echoed ? `535 no: ${echoed}\r\n` : plain(line, told),
    );
    const refused = send({ port, tls: "none", insecure: true, ...LOGIN });
    await expect(refused).rejects.toMatchObject({ code: "LOGIN_REFUSED" });
    await expect(refused).rejects.not.toThrow(echoed);
  });

  it("a recipient that is refused is told with the server's words, and no mail goes out", async () => {
    const { port, told } = await serve((line, all) =>
      line.includes("<b@x.org>") ? "550 5.1.1 no such user\r\n" : plain(line, all),
    );
    await expect(send({ port, tls: "none" })).rejects.toThrow(
      /it answers "550 5.1.1 no such user" to RCPT TO:<b@x.org>/,
    );
    expect(told).not.toContain("DATA");
  });

  it.each([
    [{ tls: "none", ...LOGIN }, /password would go over the network in clear text/],
    [{ to: ["-oQ/tmp@x.org"] }, /no plain mail address/],
    [{ from: "a@x.org\r\nBcc: c@x.org" }, /no plain mail address/],
    [{ pin: "sha256:12" }, /64 hexadecimal digits/],
    [{ user: "oob" }, /belong together/],
  ])("refuses %j", (raw, why) => {
    expect(() => optionsOf(smtp, { ...ADDRESSES, ...raw })).toThrow(why);
  });
});
