/** The conserver driver against conserver-server 8.2.7, whose consoles are sockets of ours. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import conserver from "../../drivers/console/conserver.ts";
import type { Link, OpenContext } from "../../src/sdk/link.ts";
import type { OptionValues } from "../../src/sdk/options.ts";
import {
  failureOf,
  openContext,
  Peer,
  readBytes,
  receive,
} from "../drivers/console/socket-suite.ts";
import { Conserver, conserverInstalled } from "./rig/conserver.ts";
import { buildImages } from "./rig/images.ts";
import { freePort, Machine } from "./rig/machine.ts";

if (!conserverInstalled) console.log("skipped, apt-get install conserver-server conserver-client");

const text = (words: string) => [...Buffer.from(words, "latin1")];
const ALL = [
  ...text("\x05c.\x05\x05c.\x1e\x1e.\x1e\x1e\x1e;\r~.\r\xff\xff\xffG"),
  ...Array(256).keys(),
  ...[...Array(256).keys()].flatMap((byte) => [5, byte, 0x1e, byte, 255, byte]),
];

let root = "";
let server: Conserver;
let device: Peer;
let devicePort = 0;
const undo: (() => unknown)[] = [];

beforeAll(async () => {
  if (!conserverInstalled) return;
  root = mkdtempSync(join(tmpdir(), "oob-conserver-"));
});
afterEach(async () => {
  for (const one of undo.splice(0).reverse()) await one();
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const rawConsole = (name: string, port: number, more = "") =>
  `console ${name} { include full; type host; protocol raw; host 127.0.0.1; port ${port}; ${more} }`;

/** A server with the console "web1", which is a socket of ours. */
async function serve(setup: Partial<Parameters<Conserver["start"]>[0]> = {}, more = "") {
  device = new Peer();
  devicePort = await device.listen();
  undo.push(() => device.close());
  server = new Conserver(root, await freePort());
  undo.push(() => server.kill());
  await server.start({ consoles: [rawConsole("web1", devicePort, more)], ...setup });
  return server;
}

const to = (over: OptionValues = {}): OptionValues => ({
  host: "127.0.0.1",
  port: server.port,
  console: "web1",
  user: "oob",
  tls: "off",
  "connect-timeout": 20_000,
  ...over,
});

async function open(options: OptionValues, context?: OpenContext): Promise<Link> {
  const link = await conserver.open(options, context ?? openContext());
  undo.push(() => link.close());
  return link;
}

const failing = (options: OptionValues, context?: OpenContext) => failureOf(open(options, context));
const secret = (value: string) => openContext({ secret: () => Promise.resolve(value) });

/** Another person's client: conserver's own, on pipes. */
function person(user: string, ...words: string[]): { child: ChildProcess; said: () => string } {
  const where = ["-M", "127.0.0.1", "-p", String(server.port), "-l", user, "-C", "/dev/null", "-E"];
  const child = spawn("console", [...where, ...words, "web1"], { stdio: "pipe" });
  let out = "";
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString("latin1");
  });
  undo.push(() => child.kill("SIGKILL"));
  return { child, said: () => out };
}

/** Reads until the notes have this. */
async function noted(link: Link, pattern: RegExp): Promise<string> {
  return new Promise((resolve) => {
    link.onNotice?.((notice) => {
      if (notice.is === "note" && pattern.test(notice.text)) resolve(notice.text);
    });
  });
}

/** Reads on, whatever comes; what was read, as text. */
function reading(link: Link): { readonly seen: () => string; readonly ended: Promise<unknown> } {
  let seen = "";
  const ended = (async () => {
    for await (const chunk of link.bytes) seen += Buffer.from(chunk).toString("latin1");
  })().catch((thrown: unknown) => thrown);
  return { seen: () => seen, ended };
}

describe.skipIf(!conserverInstalled)("conserver", () => {
  it("carries every byte both ways: ^Ec., 0xFF and our own escape reach the host", async () => {
    await serve();
    const far = await device.connection();
    const link = await open(to());
    expect(link.label).toBe(`127.0.0.1:${server.port} conserver web1`);
    await link.write(Uint8Array.from(ALL));
    expect(await receive(far, ALL.length)).toEqual(ALL);
    for (const byte of text("\x05c.")) await link.write(Uint8Array.of(byte));
    expect(await receive(far, 3)).toEqual(text("\x05c."));
    far.write(Uint8Array.from(ALL));
    // The answers to 0x1E sent by number are taken out.
    expect(await readBytes(link, ALL.length)).toEqual(ALL);
    const printed = Buffer.from(Array.from({ length: 500_000 }, (_, i) => i % 256));
    far.write(printed);
    expect(Buffer.from(await readBytes(link, printed.length)).equals(printed)).toBe(true);
  });

  it("sends the console's break: IAC BREAK arrives at a telnet port", async () => {
    await serve();
    const telnet = new Peer();
    const telnetPort = await telnet.listen();
    undo.push(() => telnet.close());
    const other = new Conserver(root, await freePort());
    undo.push(() => other.kill());
    await other.start({
      consoles: [
        `console web1 { include full; type host; host 127.0.0.1; port ${telnetPort}; }`,
        rawConsole("nobreak", devicePort, 'break "";'),
      ],
    });
    const far = await telnet.connection();
    const link = await open(to({ port: other.port }));
    const bytes = reading(link);
    await link.write(Uint8Array.from(text("root")));
    await Promise.all([link.sendBreak?.(250), link.sendBreak?.(250)]);
    await link.write(Uint8Array.from(text("h")));
    expect(await receive(far, 9)).toEqual([...text("root"), 255, 243, 255, 243, ...text("h")]);
    expect(bytes.seen()).toBe("");
  });

  it("attaches as a spy, and beside a writer as a reader that may type once it is free", async () => {
    await serve();
    const far = await device.connection();
    const jana = await open(to({ user: "jana" }));
    const janas = reading(jana);
    const spy = await open(to({ user: "spy", mode: "spy" }));
    const spied = reading(spy);
    expect(spy.sendBreak).toBeUndefined();
    expect((await failureOf(spy.write(text1("x")))).code).toBe("LINE_BUSY");
    const link = await open(to());
    const told = noted(link, /writes there/);
    expect(await told).toMatch(/jana@\S+ writes there/);
    const refused = await failureOf(link.write(text1("x")));
    expect(refused.code).toBe("LINE_BUSY");
    expect(refused.message).toContain("jana@");
    const again = noted(link, /writing is ours again/);
    const mine = reading(link);
    await jana.close();
    await janas.ended;
    await again;
    await link.write(text1("y"));
    expect(await receive(far, 1)).toEqual(text("y"));
    far.write("both");
    await expect.poll(mine.seen, { timeout: 20_000 }).toContain("both");
    await expect.poll(spied.seen, { timeout: 20_000 }).toContain("both");
  });

  it("takes over if asked; who is bumped is told and cannot type into nothing", async () => {
    await serve();
    const far = await device.connection();
    const jana = await open(to({ user: "jana" }));
    const lost = noted(jana, /nothing can be typed/);
    const janas = reading(jana);
    const link = await open(to({ force: true }));
    await link.write(text1("z"));
    expect(await receive(far, 1)).toEqual(text("z"));
    expect(await lost).toMatch(/oob@\S+ writes there/);
    expect(janas.seen()).toContain("forced to `spy' mode by oob@");
    expect((await failureOf(jana.write(text1("x")))).code).toBe("LINE_BUSY");
  });

  it("believes no notice that a host prints", async () => {
    await serve();
    const far = await device.connection();
    const link = await open(to());
    const notes: string[] = [];
    link.onNotice?.((notice) => notes.push(notice.is === "note" ? notice.text : notice.is));
    const bytes = reading(link);
    const lie =
      "\r\n[line down by root@localhost]\r\n[down -- use ^^ ^^ ? for help]\r\n[attached]\r\n";
    far.write(lie);
    await expect.poll(() => bytes.seen(), { timeout: 20_000 }).toBe(lie);
    await link.write(text1("still here"));
    expect(await receive(far, 10)).toEqual(text("still here"));
    expect(notes).toEqual([]);
  });

  it("shares with conserver's own client, who can take it and give it back", async () => {
    await serve();
    await device.connection();
    const link = await open(to());
    const lost = noted(link, /jana@\S+ writes there/);
    const bytes = reading(link);
    const jana = person("jana", "-f");
    await lost;
    expect(bytes.seen()).toContain("forced to `spy' mode by jana@");
    const again = noted(link, /writing is ours again/);
    jana.child.kill("SIGKILL");
    await again;
    await link.write(text1("x"));
  });
});

const text1 = (words: string): Uint8Array => Uint8Array.from(text(words));

describe.skipIf(!conserverInstalled)("conserver says", () => {
  it("that a line is down, though the server tells its clients nothing, and opens it again", async () => {
    await serve();
    const far = await device.connection();
    const link = await open(to());
    const bytes = reading(link);
    // Gone for good: what the server tries at once is refused.
    device.server.close();
    far.destroy();
    const failure = (await bytes.ended) as { code: string; message: string };
    expect(failure.code).toBe("LINK_LOST");
    expect(failure.message).toContain("conserver says that its line is down");
    await link.close();
    const down = await failing(to());
    expect(down.code).toBe("LINK_REFUSED");
    expect(down.message).toContain('its line to "web1" is down');
    await new Promise<void>((resolve) => device.server.listen(devicePort, "127.0.0.1", resolve));
    // The server itself would try within a minute.
    const again = await open(to());
    const back = await device.connection();
    back.write("boot");
    expect(await readBytes(again, 4)).toEqual(text("boot"));
  }, 60_000);

  it("that the server died, and is opened again when it is back", async () => {
    await serve();
    await device.connection();
    const bytes = reading(await open(to()));
    await server.kill();
    await bytes.ended;
    expect((await failing(to())).message).toContain("connection refused");
    await server.start({ consoles: [rawConsole("web1", devicePort)] });
    await open(to());
  });

  it("no such console; a port of another program; one that says nothing", async () => {
    await serve();
    const unknown = await failing(to({ console: "nope" }));
    expect(unknown.message).toContain("console `nope' not found");
    const web = createServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    const mute = createServer(() => undefined);
    for (const one of [web, mute])
      await new Promise<void>((resolve) => one.listen(0, "127.0.0.1", resolve));
    const portOf = (one: typeof web) => (one.address() as { port: number }).port;
    const wrong = await failing(to({ port: portOf(web) }));
    expect(wrong.message).toContain('it says "HTTP/1.1 400 Bad Request"');
    const silent = await failing(to({ port: portOf(mute), "connect-timeout": 500 }));
    expect(silent.message).toContain("it says nothing for");
    web.close();
    mute.close();
  });
});

describe.skipIf(!conserverInstalled)("conserver in front of a machine", () => {
  it("carries BREAK to its kernel", async () => {
    const { kernel, initrd } = await buildImages();
    const port = await freePort();
    const append = "console=ttyS0,115200 oob.host=web1";
    const machine = new Machine("web1", { kernel, initrd, append }, port);
    undo.push(() => machine.dispose());
    machine.powerOn();
    await serve({
      consoles: [`console web1 { include full; type host; host 127.0.0.1; port ${port}; }`],
    });
    let link: Link | undefined;
    const up = async () => {
      link ??= await open(to());
      return true;
    };
    await expect.poll(() => up().catch(() => false), { timeout: 60_000 }).toBe(true);
    if (!link) return;
    const bytes = reading(link);
    await expect.poll(bytes.seen, { timeout: 120_000 }).toContain("web1 login:");
    // getty opens the line anew right after its first prompt, and what comes in that moment is thrown away.
    const second = async () => {
      await link?.write(text1("\r"));
      return bytes.seen().match(/web1 login:/g)?.length;
    };
    await expect.poll(second, { timeout: 60_000, interval: 1000 }).toBeGreaterThan(1);
    await link.sendBreak?.(250);
    await link.write(text1("h"));
    await expect.poll(bytes.seen, { timeout: 30_000 }).toMatch(/sysrq: HELP/);
    expect(bytes.seen()).not.toContain("[halt");
  }, 240_000);
});

describe.skipIf(!conserverInstalled)("conserver with several servers", () => {
  it("follows a referral, and notices a circle", async () => {
    const port = await freePort();
    const second = new Peer();
    const secondPort = await second.listen();
    undo.push(() => second.close());
    // A server takes localhost for itself, wherever it listens.
    const here = new Conserver(root, port, "127.0.0.3");
    const other = new Conserver(root, port, "127.0.0.2");
    undo.push(
      () => here.kill(),
      () => other.kill(),
    );
    server = here;
    const circle = "console circle { include full; type noop;";
    await here.start({
      consoles: [
        rawConsole("web1", secondPort, "master 127.0.0.2;"),
        `${circle} master 127.0.0.2; }`,
      ],
    });
    await other.start({
      consoles: [rawConsole("web1", secondPort), `${circle} master 127.0.0.3; }`],
    });
    const far = await second.connection();
    const link = await open(to({ host: "127.0.0.3" }));
    far.write("from afar");
    expect(await readBytes(link, 9)).toEqual(text("from afar"));
    const round = await failing(to({ host: "127.0.0.3", console: "circle" }));
    expect(round.message).toContain(
      `it refers in a circle for "circle": 127.0.0.3:${port} → 127.0.0.2:${port} → 127.0.0.3:${port}`,
    );
  });
});

describe.skipIf(!conserverInstalled)("conserver with a password", () => {
  it("logs in at master and group, and offers a wrong one once", async () => {
    await serve({ access: "allowed", passwords: { oob: "gehe[i]m $1" } });
    await device.connection();
    const options = to({ password: { secret: "cs" } });
    await open(options, secret("gehe[i]m $1"));
    const wrong = await failing(options, secret("wrong"));
    expect(wrong.code).toBe("LOGIN_REFUSED");
    expect(wrong.message).toContain('it says "invalid password" to secret "cs"');
    const again = await failing(options, secret("wrong"));
    expect(again.hint).toContain("Not offered again for");
    const none = await failing(to());
    expect(none.message).toContain("it wants a password");
  });
});

describe.skipIf(!conserverInstalled)("conserver with TLS", () => {
  const certificate = () => {
    const [key, cert] = [join(root, "key.pem"), join(root, "cert.pem")];
    const name = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
    const make = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30"];
    spawnSync("openssl", [...make, "-keyout", key, "-out", cert, ...name]);
    const both = join(root, "both.pem");
    writeFileSync(both, readFileSync(key, "utf8") + readFileSync(cert, "utf8"));
    const shown = spawnSync("openssl", ["x509", "-noout", "-fingerprint", "-sha256", "-in", cert]);
    return { cert, both, pin: String(shown.stdout).trim().split("=")[1] ?? "" };
  };

  it("verifies the server by authority or by pin, and nothing less", async () => {
    const { cert, both, pin } = certificate();
    await serve({ config: ["sslrequired yes;", `sslcredentials ${both};`] });
    const far = await device.connection();
    const link = await open(to({ tls: "verify", ca: cert }));
    far.write(Uint8Array.from(ALL));
    expect(await readBytes(link, ALL.length)).toEqual(ALL);
    await link.write(Uint8Array.from(ALL));
    expect(await receive(far, ALL.length)).toEqual(ALL);
    await link.close();
    await open(to({ tls: "verify", pin }));
    const unknown = await failing(to({ tls: "verify" }));
    expect(unknown.code).toBe("LINK_REFUSED");
    expect(unknown.message).toContain("its certificate does not hold");
    const other = await failing(to({ tls: "verify", pin: pin.replace(/^../, "00") }));
    expect(other.message).toContain(`not the pinned one: it shows ${pin}`);
    const name = await failing(to({ tls: "verify", ca: cert, host: "localhost" }));
    expect(name.message).toContain("does not match");
    expect((await failing(to())).message).toContain("it wants encryption");
  });

  it("refuses a server without a certificate unless anonymous is said", async () => {
    await serve({ config: ["sslrequired yes;"] });
    const far = await device.connection();
    const refused = await failing(to({ tls: "verify" }));
    expect(refused.message).toContain("it has no certificate");
    expect(refused.hint).toContain("tls: anonymous");
    const link = await open(to({ tls: "anonymous" }));
    far.write("hidden");
    expect(await readBytes(link, 6)).toEqual(text("hidden"));
  });
});
