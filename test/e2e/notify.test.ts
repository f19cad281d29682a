/** Alerts, from a console to programs of others: a web server, aiosmtpd, msmtp, rsyslog, snmptrapd, a script. */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingHttpHeaders } from "node:http";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ChannelTest } from "../../src/core/notify/notify-view.ts";
import { type Daemon, startDaemon } from "../../src/daemon/main.ts";
import {
  demandPrograms,
  makeCertificate,
  Programs,
  startMailServer,
  startSyslog,
  startTrapReceiver,
  until,
  WebReceiver,
} from "./notify/receivers.ts";
import { freePort } from "./rig/machine.ts";

const ENGINE = "80001f88046f6f62";
const KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const PASSWORD = "mail-password-1";

const programs = new Programs();
let folder: string;
let web: WebReceiver;
let mail: Awaited<ReturnType<typeof startMailServer>>;
let mailTls: typeof mail;
let syslog: Awaited<ReturnType<typeof startSyslog>>;
let traps: Awaited<ReturnType<typeof startTrapReceiver>>;
let consoles: Server;
let host: Socket | undefined;
let config: string;
let daemon: Daemon;

beforeAll(async () => {
  demandPrograms();
  folder = mkdtempSync(join(tmpdir(), "oob-notify-"));
  const certificate = await makeCertificate(folder);
  web = new WebReceiver(certificate);
  await web.listen();
  const login = { ...certificate, user: "oob", password: PASSWORD };
  [mail, mailTls, syslog, traps] = await Promise.all([
    startMailServer(programs, folder, login),
    startMailServer(programs, folder, login, "implicit"),
    startSyslog(programs, folder, certificate),
    startTrapReceiver(programs, folder, ENGINE),
  ]);
  consoles = createServer((socket) => {
    host = socket;
    socket.on("error", () => undefined);
  });
  const consolePort = await freePort();
  await new Promise<void>((resolve) => consoles.listen(consolePort, "127.0.0.1", resolve));
  writeScripts(certificate.cert);
  config = writeConfig(certificate.pin, consolePort);
  daemon = await startDaemon({ config, env: { HOME: folder }, say: () => undefined });
});

afterAll(async () => {
  await daemon?.stop("the test ends");
  await programs.stop();
  web?.close();
  host?.destroy();
  consoles?.close();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

/** msmtp under the name of sendmail, and a command that keeps what it is given. */
function writeScripts(cert: string): void {
  const msmtprc = join(folder, "msmtprc");
  writeFileSync(
    msmtprc,
    `account default\nhost localhost\nport ${mail.port}\nfrom oob@example.org\ntls on\ntls_starttls on\ntls_trust_file ${cert}\nauth plain\nuser oob\npassword ${PASSWORD}\n`,
  );
  chmodSync(msmtprc, 0o600);
  const scripts = {
    sendmail: `#!/bin/sh\nexec msmtp -C ${msmtprc} "$@"\n`,
    keep: `#!/bin/sh\n{ env | grep ^OOB_ | sort; echo "args: $*"; cat; } >>${folder}/kept.txt\n`,
  };
  for (const [name, text] of Object.entries(scripts))
    writeFileSync(join(folder, name), text, { mode: 0o755 });
}

function writeConfig(pin: string, consolePort: number): string {
  const at = `https://127.0.0.1:${web.port}`;
  const secrets = {
    ...{
      sign: KEY,
      slack: `${at}/slack`,
      pager: "routing-key-1",
      mail: PASSWORD,
      wrong: "wrong-1",
    },
    ...{ auth: "authpass1", priv: "privpass1", community: "trapcomm" },
  };
  mkdirSync(join(folder, "credentials"), { mode: 0o700 });
  for (const [name, value] of Object.entries(secrets))
    writeFileSync(join(folder, "credentials", name), value, { mode: 0o600 });
  const users = "auth: secret:auth, auth-protocol: sha256, priv: secret:priv";
  const snmp = `driver: snmp-trap, host: 127.0.0.1, port: ${traps.port}`;
  const smtp = `driver: smtp, host: localhost, port: ${mail.port}, pin: "${pin}", from: oob@example.org, to: [jana@example.org, ops@example.org], user: oob`;
  const smtps = `driver: smtp, tls: implicit, host: localhost, port: ${mailTls.port}, from: oob@example.org, to: jana@example.org, user: oob, password: secret:mail`;
  const tls = `driver: syslog, transport: tls, host: 127.0.0.1, port: ${syslog.tlsPort}`;
  const path = join(folder, "oob.yaml");
  writeFileSync(
    path,
    `version: 1
site: e2e
state: ${folder}/state
runtime: ${folder}/run
credentials: ${folder}/credentials
notify:
  hook: { driver: webhook, url: "${at}/hook", secret: secret:sign, pin: "${pin}" }
  chat: { driver: slack, url: secret:slack, pin: "${pin}" }
  pager: { driver: pagerduty, key: secret:pager, url: "${at}/v2/enqueue", pin: "${pin}" }
  mail: { ${smtp}, password: secret:mail }
  local-mail: { driver: sendmail, program: ${folder}/sendmail, from: oob@example.org, to: root@example.org }
  syslog-udp: { driver: syslog, host: 127.0.0.1, port: ${syslog.port} }
  syslog-tcp: { driver: syslog, transport: tcp, host: 127.0.0.1, port: ${syslog.port} }
  mail-tls: { ${smtps}, pin: "${pin}", severity: critical, hosts: none1 }
  syslog-tls: { ${tls}, pin: "${pin}" }
  wrong-pin: { ${tls}, pin: "sha256:${"0".repeat(64)}", hosts: none1 }
  unpinned: { ${smtps}, hosts: none1 }
  syslog-local: { driver: syslog, transport: local, path: ${syslog.socket} }
  inform3: { ${snmp}, user: informer, ${users} }
  trap3: { ${snmp}, type: trap, user: trapper, ${users}, engine-id: "${ENGINE}" }
  inform2: { ${snmp}, version: 2c, community: secret:community, insecure: true }
  trap2: { ${snmp}, type: trap, version: 2c, community: secret:community, insecure: true }
  script: { driver: command, command: ["${folder}/keep", "a b; rm -rf /", "$HOME"] }
  wrong-mail: { ${smtp}, password: secret:wrong, hosts: none1 }
  unsigned: { driver: webhook, url: "${at}/unsigned", hosts: none1 }
  nobody: { driver: webhook, url: "http://127.0.0.1:9/x", insecure: true, hosts: none1 }
hosts:
  web1:
    os: linux
    console: { driver: tcp, host: 127.0.0.1, port: ${consolePort} }
    watch: { mode: ask, confirm-for: 2s, hands-off: 1s }
  none1: { console: { driver: unix, path: ${folder}/none }, watch: off }
`,
  );
  return path;
}

async function testOf(...channels: string[]): Promise<ChannelTest[]> {
  const found: ChannelTest[] = [];
  for await (const one of daemon.site.testChannels(channels)) found.push(one);
  return found;
}

async function story(): Promise<string[]> {
  const told: string[] = [];
  for await (const { type, text } of daemon.site.events({ hosts: [], follow: false }))
    told.push(`${type}: ${text}`);
  return told;
}

const GOOD = [
  ...["hook", "chat", "pager", "mail", "local-mail", "syslog-udp", "syslog-tcp", "syslog-local"],
  ...["inform3", "trap3", "inform2", "trap2", "script", "mail-tls", "syslog-tls"],
];

describe("oob notify test", () => {
  it("arrives through every kind of channel", async () => {
    const results = await testOf(...GOOD);
    expect(results.filter((one) => one.result !== "done")).toEqual([]);
    for (const name of ["hook", "chat", "pager"])
      expect(results.find((one) => one.channel === name)?.text).toBe("HTTP 202");
    await until("two mails", () => (mail.all().length >= 2 ? true : undefined));
    const implicit = await until("a mail over TLS", () => mailTls.all()[0]);
    expect(implicit).toMatch(
      /^MAIL FROM oob@example.org\nRCPT TO jana@example.org\nTLS implicit\n/,
    );
    await until("four lines of syslog", () =>
      ["syslog-udp", "syslog-tcp", "syslog-tls", "syslog-local"].every((name) =>
        syslog.lines().some((line) => line.includes(`test of channel "${name}"`)),
      )
        ? true
        : undefined,
    );
    const name = (channel: string) =>
      Buffer.from(`test of channel "${channel}"`).toString("latin1");
    await until("four notifications", () =>
      ["inform3", "trap3", "inform2", "trap2"].every((one) =>
        traps.text().includes(name(one).replaceAll('"', '\\"')),
      )
        ? true
        : undefined,
    );
  });

  it("a wrong password, a wrong certificate, a redirect, a dead port: each says so, and shows no secret", async () => {
    web.status = 302;
    const results = await testOf(
      "wrong-mail",
      "unsigned",
      "nobody",
      "hook",
      "wrong-pin",
      "unpinned",
    );
    web.status = 202;
    const by = new Map(results.map((one) => [one.channel, one]));
    expect(by.get("wrong-mail")).toMatchObject({
      result: "failed",
      error: { code: "LOGIN_REFUSED" },
    });
    expect(by.get("wrong-mail")?.text).toMatch(/as "oob": it answers 535/);
    expect(by.get("unsigned")?.text).toMatch(/signed its certificate itself|nobody known/);
    expect(by.get("wrong-pin")?.text).toMatch(/certificate/);
    expect(by.get("unpinned")?.text).toMatch(/certificate/);
    expect(syslog.lines().join()).not.toContain('test of channel "wrong-pin"');
    expect(mailTls.all().join()).not.toContain('test of channel "unpinned"');
    expect(by.get("nobody")?.text).toMatch(/connection refused/);
    expect(by.get("hook")).toMatchObject({ error: { hint: expect.stringContaining("Redirects") } });
    const said = JSON.stringify(results);
    for (const secret of [PASSWORD, "wrong-1", KEY, "routing-key-1"])
      expect(said).not.toContain(secret);
    expect(said).not.toContain(Buffer.from(`\0oob\0wrong-1`).toString("base64"));
  });
});

describe("an incident", () => {
  it("is one thread in each channel, from its first line to its end, and nothing of the host is obeyed", async () => {
    const socket = await until("a console", () => host);
    socket.write("\r\nDebian GNU/Linux 12 web1 ttyS0\r\n\r\nweb1 login: ");
    await until("a watch", async () =>
      (await story()).some((line) => line.startsWith("watch.start")) ? true : undefined,
    );
    const before = web.posted.length;
    await until(
      "a console that is up",
      async () =>
        (await daemon.site.status(["web1"], { power: false }))[0]?.lastLine.includes("login:") ||
        undefined,
    );
    socket.write(
      '\r\n\u001b]0;<!channel> `x`\u0007You are in emergency mode. After logging in, type "journalctl -xb"\r\nGive root password for maintenance\r\n(or press Control-D to continue): ',
    );
    const hooks = () =>
      web.at("/hook").filter((one) => JSON.parse(one.body).incident !== undefined);
    await until("an alert", () => hooks()[0]).catch(async (thrown: unknown) => {
      throw new Error(`${String(thrown)}; seen:\n${(await story()).join("\n")}`);
    });
    const login = "\r\n\r\nDebian GNU/Linux 12 web1 ttyS0\r\n\r\nweb1 login: ";
    const getty = setInterval(() => socket.write(login), 3000);
    const last = await until("its end", () =>
      hooks().find((one) => JSON.parse(one.body).phase === "resolved"),
    ).finally(() => clearInterval(getty));
    const bodies = hooks().map((one) => JSON.parse(one.body));
    expect(new Set(bodies.map((body) => body.thread))).toEqual(new Set(["e2e/incident/1"]));
    expect(bodies[0]).toMatchObject({ severity: "critical", host: "web1", first: true });
    expect(JSON.parse(last.body)).toMatchObject({ first: false });
    expect(web.posted.length).toBeGreaterThan(before);
    expect(bodies.map((body) => body.key)).toHaveLength(
      new Set(bodies.map((body) => body.key)).size,
    );

    for (const { headers, body } of hooks())
      expect(opensslSignature(headers, body)).toBe(headers["webhook-signature"]);

    const events = () =>
      web
        .at("/v2/enqueue")
        .map((one) => JSON.parse(one.body))
        .filter((event) => event.dedup_key === "e2e/incident/1");
    await until("the end of the page", () =>
      events().some((event) => event.event_action === "resolve") ? true : undefined,
    );
    expect(events()[0]).toMatchObject({ event_action: "trigger", routing_key: "routing-key-1" });

    const mails = await until("the last mail", () => {
      const found = mail
        .all()
        .filter((text) => text.includes("jana@example.org") && text.includes("X-Oob-Incident: 1"));
      return found.some((text) => text.includes("X-Oob-Severity: resolved")) ? found : undefined;
    });
    expect(mails[0]).toMatch(
      /^MAIL FROM oob@example.org\nRCPT TO jana@example.org ops@example.org\nTLS True\n/,
    );
    const root = /^Message-ID: (\S+)/m.exec(mails[0] ?? "")?.[1];
    expect(root).toBe("<oob.e2e-incident-1@example.org>");
    for (const text of mails.slice(1)) expect(text).toContain(`In-Reply-To: ${root}`);

    const slack = web.at("/slack").map((one) => String(JSON.parse(one.body).text));
    expect(slack.join("\n")).toContain("emergency mode");
    expect(slack.join("\n")).not.toMatch(/<!|\u001b|\u0007/);
    await until("lines of syslog", () =>
      syslog
        .lines()
        .find((line) =>
          /^oob\S*\|daemon\.crit(?:<26>)?\|open\|\[oob@32473 .*incident="1"\]/.test(line),
        ),
    );
    const kept = await until("the end at the script", () => {
      const text = readFileSync(join(folder, "kept.txt"), "utf8");
      return text.includes("OOB_PHASE=resolved") ? text : undefined;
    });
    expect(kept).toContain("args: a b; rm -rf / $HOME");
    expect(kept).not.toContain("\u001b");
  });
});

/** The signature as openssl makes it. */
function opensslSignature(headers: IncomingHttpHeaders, body: string): string {
  const text = `${String(headers["webhook-id"])}.${String(headers["webhook-timestamp"])}.${body}`;
  const hex = Buffer.from(KEY.slice("whsec_".length), "base64").toString("hex");
  const bytes = execFileSync(
    "openssl",
    ["dgst", "-sha256", "-mac", "HMAC", "-macopt", `hexkey:${hex}`, "-binary"],
    { input: text },
  );
  return `v1,${bytes.toString("base64")}`;
}
