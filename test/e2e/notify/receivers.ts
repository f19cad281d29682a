/** What alerts arrive at: programs of others, each on loopback, each in a folder of the test. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import type { IncomingHttpHeaders } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "../rig/machine.ts";

const run = promisify(execFile);
const WITHIN_MS = 100_000;

/** Programs that alerts are sent to, and the Debian packages that have them. */
const PACKAGES: Readonly<Record<string, string>> = {
  "/usr/bin/aiosmtpd": "python3-aiosmtpd",
  "/usr/bin/logger": "bsdutils",
  "/usr/bin/msmtp": "msmtp",
  "/usr/bin/openssl": "openssl",
  "/usr/sbin/rsyslogd": "rsyslog",
  "/usr/share/doc/rsyslog-gnutls": "rsyslog-gnutls",
  "/usr/sbin/snmptrapd": "snmptrapd",
};

/** Throws at once where one of them is not there, and says what to install. */
export function demandPrograms(): void {
  const missing = Object.keys(PACKAGES).filter((path) => !existsSync(path));
  if (missing.length === 0) return;
  const names = missing.map((path) => PACKAGES[path]).join(" ");
  throw new Error(`Cannot try alerts without ${missing.join(", ")}: apt-get install ${names}`);
}

/** Looks again and again until there is something, or says what was waited for. */
export async function until<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const end = performance.now() + WITHIN_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > end) throw new Error(`no ${what} within ${WITHIN_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A key and a certificate that nobody signed, and its fingerprint. */
export async function makeCertificate(folder: string) {
  const key = join(folder, "key.pem");
  const cert = join(folder, "cert.pem");
  await run("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
    ...["-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=localhost"],
    ...["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
  ]);
  const { stdout } = await run("openssl", [
    "x509",
    "-in",
    cert,
    "-noout",
    "-fingerprint",
    "-sha256",
  ]);
  return { key, cert, pin: `sha256:${stdout.trim().split("=")[1] ?? ""}` };
}

/** One request as it came. */
export interface Posted {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A web server that takes what is posted, once it is not told to refuse. */
export class WebReceiver {
  readonly posted: Posted[] = [];
  /** What it answers; a redirect leads nowhere. */
  status = 202;
  readonly #server: Server;

  constructor(files: { readonly key: string; readonly cert: string }) {
    const tls = { key: readFileSync(files.key), cert: readFileSync(files.cert) };
    this.#server = createServer(tls, (request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const body = Buffer.concat(chunks).toString("utf8");
        if (this.status < 300)
          this.posted.push({ path: request.url ?? "", headers: request.headers, body });
        response.writeHead(this.status, { location: "https://127.0.0.1:1/elsewhere" });
        response.end("{}");
      });
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
  }

  at(path: string): Posted[] {
    return this.posted.filter((one) => one.path === path);
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

/** Programs that were started, and are ended together. */
export class Programs {
  readonly #children: ChildProcess[] = [];

  start(program: string, args: readonly string[]): ChildProcess {
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
    child.stderr.on("data", () => undefined);
    this.#children.push(child);
    return child;
  }

  adopt(child: ChildProcess): void {
    this.#children.push(child);
  }

  async stop(): Promise<void> {
    const ended = this.#children.map(async (child) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const end = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await end;
    });
    await Promise.all(ended);
  }
}

/** aiosmtpd; its mails, oldest first. */
export async function startMailServer(
  programs: Programs,
  folder: string,
  login: {
    readonly cert: string;
    readonly key: string;
    readonly user: string;
    readonly password: string;
  },
  tls: "starttls" | "implicit" = "starttls",
) {
  const port = await freePort();
  const mails = join(folder, `mails-${tls}`);
  mkdirSync(mails);
  const script = new URL("mail-server.py", import.meta.url).pathname;
  const { cert, key, user, password } = login;
  const server = programs.start("/usr/bin/python3", [
    ...[script, mails, String(port), cert, key, user, password, tls],
  ]);
  await new Promise<void>((resolve, reject) => {
    server.stdout?.once("data", () => resolve());
    server.once("exit", (code) => reject(new Error(`aiosmtpd ended with ${code}`)));
  });
  const all = () =>
    readdirSync(mails)
      .filter((name) => name.endsWith(".eml"))
      .sort()
      .map((name) => readFileSync(join(mails, name), "utf8"));
  return { port, all };
}

/** rsyslogd: UDP, TCP, TLS and a datagram socket of its own, all into one file with the parts of each message. */
export async function startSyslog(
  programs: Programs,
  folder: string,
  { cert, key }: { readonly cert: string; readonly key: string },
) {
  const port = await freePort();
  const tlsPort = await freePort();
  const file = join(folder, "syslog.txt");
  const socket = join(folder, "devlog");
  const config = join(folder, "rsyslog.conf");
  writeFileSync(
    config,
    `global(DefaultNetstreamDriverCAFile="${cert}" DefaultNetstreamDriverCertFile="${cert}" DefaultNetstreamDriverKeyFile="${key}")
module(load="imudp")
module(load="imtcp")
module(load="imuxsock" SysSock.Use="off")
template(name="parts" type="string" string="%syslogtag%|%pri-text%|%msgid%|%structured-data%|%msg%\\n")
input(type="imudp" address="127.0.0.1" port="${port}")
input(type="imtcp" address="127.0.0.1" port="${port}")
input(type="imtcp" address="127.0.0.1" port="${tlsPort}" StreamDriver.Name="gtls" StreamDriver.Mode="1" StreamDriver.AuthMode="anon")
input(type="imuxsock" Socket="${socket}")
*.* action(type="omfile" file="${file}" template="parts")
`,
  );
  const args = ["-n", "-C", "-f", config, "-i", join(folder, "rsyslog.pid")];
  programs.start("/usr/sbin/rsyslogd", args);
  await until("socket of rsyslogd", () => (existsSync(socket) ? true : undefined));
  const lines = () => (existsSync(file) ? readFileSync(file, "utf8").split("\n") : []);
  return { port, tlsPort, socket, lines };
}

/** snmptrapd with a user for informs, a user of an engine for traps, and a community. */
export async function startTrapReceiver(programs: Programs, folder: string, engine: string) {
  const port = await freePort();
  const file = join(folder, "traps.txt");
  const config = join(folder, "snmptrapd.conf");
  writeFileSync(
    config,
    `disableAuthorization no
createUser informer SHA-256 authpass1 AES privpass1
createUser -e 0x${engine} trapper SHA-256 authpass1 AES privpass1
authUser log informer priv
authUser log trapper priv
authCommunity log trapcomm
`,
  );
  // Its engine's state must not be that of this machine's own snmptrapd.
  const child = spawn(
    "/usr/sbin/snmptrapd",
    [
      ...["-f", "-C", "-c", config, "-On", "-Lf", file, "-m", "", "-M", ""],
      `udp:127.0.0.1:${port}`,
    ],
    { stdio: "ignore", env: { ...process.env, SNMP_PERSISTENT_DIR: join(folder, "snmp") } },
  );
  programs.adopt(child);
  const text = () => (existsSync(file) ? readFileSync(file, "utf8") : "");
  await until("start of snmptrapd", () => (text().includes("NET-SNMP version") ? true : undefined));
  return { port, text };
}
