import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import command from "../../../drivers/notify/command.ts";
import modem from "../../../drivers/notify/modem.ts";
import pagerduty from "../../../drivers/notify/pagerduty.ts";
import sendmail from "../../../drivers/notify/sendmail.ts";
import slack from "../../../drivers/notify/slack.ts";
import smtp from "../../../drivers/notify/smtp.ts";
import snmpTrap from "../../../drivers/notify/snmp-trap.ts";
import syslog from "../../../drivers/notify/syslog.ts";
import webhook from "../../../drivers/notify/webhook.ts";
import { MockModem } from "../../../mocks/modem.ts";
import { ManualClock } from "../../../src/lib/clock.ts";
import { seconds } from "../../../src/lib/durations.ts";
import type { Link } from "../../../src/sdk/link.ts";
import type { Alert, SnmpNotice } from "../../../src/sdk/notify/alert.ts";
import { ALERT, contextOf, optionsOf } from "./channel-bench.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "oob-channel-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Gone, or only waiting for its parent to ask how it ended. */
function isGone(pid: number): boolean {
  try {
    return / Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return true;
  }
}

const script = (text: string): string => {
  const path = join(folder, "script");
  writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return path;
};

describe("options are refused before anything is sent", () => {
  it.each([
    [webhook, {}, /either "url" or "secret-url"/],
    [webhook, { url: "http://x/y" }, /over http can be read/],
    [webhook, { url: "https://u:p@x/y" }, /a password stands in this URL/],
    [webhook, { url: "file:///etc/passwd" }, /begins with "https/],
    [slack, { url: "https://x/y" }, /secrets do not stand in this file/],
    [pagerduty, { key: "secret:k", url: "ftp://x" }, /begins with "https/],
    [syslog, {}, /needs a host/],
    [syslog, { transport: "unix" }, /path of a stream socket/],
    [snmpTrap, { host: "h" }, /needs a user/],
    [snmpTrap, { host: "h", user: "u" }, /without authentication/],
    [snmpTrap, { host: "h", user: "u", auth: "secret:a", type: "trap" }, /engine-id/],
    [snmpTrap, { host: "h", version: "2c", community: "secret:c" }, /clear text/],
    [command, { command: "'x" }, /is not closed/],
    [sendmail, { from: "a@b.c", to: "c@d.e", program: "sendmail" }, /absolute path/],
    [modem, { number: "12;ATH" }, /cannot be dialled/],
  ])("%# %j", (driver, raw, why) => {
    expect(() => optionsOf(driver, raw)).toThrow(why);
  });
});

describe("command", () => {
  it("gives the text on stdin, the rest in the environment, and no word of it as an argument", async () => {
    const path = script(`{ echo "$# $1"; env | grep ^OOB_ | sort; cat; } >${folder}/out`);
    const options = optionsOf(command, { command: [path, "$(reboot)"] });
    await expect(command.send(ALERT, options, contextOf())).resolves.toMatch(/ended with 0$/);
    const out = readFileSync(join(folder, "out"), "utf8");
    expect(out).toContain("1 $(reboot)\n");
    expect(out).toContain("OOB_TITLE=web1: kernel panic\n");
    expect(out).toContain("[demo] CRITICAL web1: kernel panic\n\nSeen on the console:\n");
  });

  it("tells how it ended and what it said last; one that hangs is killed", async () => {
    const failing = optionsOf(command, {
      command: script("echo 'no \u001b[31mline' >&2; exit 75"),
    });
    await expect(command.send(ALERT, failing, contextOf())).rejects.toMatchObject({
      code: "NOTIFY_FAILED",
      message: expect.stringMatching(/ended with 75, "no \^\[\[31mline"$/),
    });
    const ending = new AbortController();
    const pid = join(folder, "siren.pid");
    const siren = optionsOf(command, {
      command: script(`echo $$ > ${pid}.part; mv ${pid}.part ${pid}; sleep 600`),
    });
    const ended = command.send(ALERT, siren, contextOf({}, { signal: ending.signal }));
    await vi.waitUntil(() => existsSync(pid), { timeout: 60_000 });
    ending.abort();
    await expect(ended).rejects.toMatchObject({ code: "INTERRUPTED" });
    await vi.waitUntil(() => isGone(Number(readFileSync(pid, "utf8"))), { timeout: 60_000 });
    const hanging = optionsOf(command, { command: script("sleep 600"), timeout: "200ms" });
    await expect(command.send(ALERT, hanging, contextOf())).rejects.toThrow(/did not end within/);
  });

  it("what it leaves running, with its outputs, does not make a success a failure", async () => {
    const path = script(`sleep 600 &\necho $! >${folder}/pid`);
    const options = optionsOf(command, { command: path, timeout: "80s" });
    const clock = new ManualClock();
    let said: string | undefined;
    const sent = command.send(ALERT, options, contextOf({}, { clock })).then((text) => {
      said = text;
    });
    const patience = { timeout: 20_000 };
    const left = () => Number(readFileSync(join(folder, "pid"), "utf8"));
    await vi.waitFor(() => expect(left()).toBeGreaterThan(1), patience);
    try {
      // Real time passes until its end is seen, and then the little that is left to its last words.
      await vi.waitFor(async () => {
        await clock.advance(100);
        expect(said).toMatch(/ended with 0$/);
      }, patience);
      await sent;
    } finally {
      process.kill(left(), "SIGKILL");
    }
  }, 45_000);
});

it("sendmail gets the mail on its stdin, and who gets it behind --", async () => {
  const path = script(`echo "$@" >${folder}/args; cat >${folder}/mail`);
  const options = optionsOf(sendmail, {
    program: path,
    from: "oob@x.org",
    to: ["a@x.org", "b@x.org"],
  });
  await sendmail.send({ ...ALERT, first: false }, options, contextOf());
  expect(readFileSync(join(folder, "args"), "utf8")).toBe("-i -f oob@x.org -- a@x.org b@x.org\n");
  const mail = readFileSync(join(folder, "mail"), "utf8");
  expect(mail).toContain("\nIn-Reply-To: <oob.demo-incident-12@x.org>\n");
  expect(mail).not.toContain("\r");
});

it("snmp-trap sends the phase as its object, and what happened as text", async () => {
  const sent: SnmpNotice[] = [];
  const snmp = (notice: SnmpNotice) => {
    sent.push(notice);
    return Promise.resolve();
  };
  const raw = { host: "nms", user: "oob", auth: "secret:a", priv: "secret:p" };
  const said = await snmpTrap.send(
    ALERT,
    optionsOf(snmpTrap, raw),
    contextOf({ a: "A", p: "P" }, { snmp }),
  );
  expect(said).toBe("the receiver answered");
  expect(sent[0]).toMatchObject({
    ...{ host: "nms", port: 162, confirmed: true, oid: "1.3.6.1.4.1.8072.9999.9999.62.0.1" },
    login: { version: "3", user: "oob", auth: { secret: "A" }, priv: { secret: "P" } },
  });
  expect(sent[0]?.objects.map((one) => one.value)).toEqual(
    expect.arrayContaining(["demo", "web1", 12, 3, "web1: kernel panic", "demo-7"]),
  );
});

it("isBlind() where success is no arrival: no answer, or a queue of this machine", () => {
  const blind = (transport: string) => syslog.isBlind?.({ transport });
  expect(["", "udp", "unix", "local", "tcp", "tls"].map(blind)).toEqual([
    ...[true, true, true, true],
    ...[false, false],
  ]);
  expect([snmpTrap.isBlind?.({ type: "trap" }), snmpTrap.isBlind?.({})]).toEqual([true, false]);
  expect(sendmail.isBlind?.({})).toBe(true);
  const mail = (host: string) => smtp.isBlind?.({ host });
  expect(["localhost", "127.0.0.1", "::1", "mail.example.org"].map(mail)).toEqual([
    ...[true, true, true],
    false,
  ]);
});

describe("syslog", () => {
  const over = (transport: string, port: number) =>
    optionsOf(syslog, { transport, host: "127.0.0.1", port });

  it("does not wait for ever for a receiver of TLS that says nothing", async () => {
    const clock = new ManualClock();
    const mute = createServer((socket) => socket.on("error", () => {}).resume());
    await once(mute.listen(0, "127.0.0.1"), "listening");
    const { port } = mute.address() as AddressInfo;
    const came = once(mute, "connection");
    const sent = syslog.send(ALERT, over("tls", port), contextOf({}, { clock }));
    const failed = expect(sent).rejects.toMatchObject({
      code: "NOTIFY_FAILED",
      message: `Cannot log to syslog 127.0.0.1:${port}: no end of it within 15s`,
    });
    await came;
    await clock.advance(seconds(15));
    await failed;
    mute.close();
  });

  it("names the receiver that refuses", async () => {
    await expect(syslog.send(ALERT, over("tcp", 1), contextOf())).rejects.toMatchObject({
      code: "NOTIFY_FAILED",
      message: expect.stringMatching(/^Cannot log to syslog 127\.0\.0\.1:1: .*ECONNREFUSED/),
    });
  });
});

describe("modem", () => {
  /** A Link straight into a mock. */
  function linkTo(mock: MockModem): Link {
    const queue: Uint8Array[] = [];
    let wake = () => {};
    mock.plug((bytes) => {
      queue.push(bytes);
      wake();
    });
    return {
      label: "modem",
      bytes: (async function* () {
        for (;;) {
          const bytes = queue.shift();
          if (bytes) yield bytes;
          else
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
        }
      })(),
      write: (bytes) => {
        mock.receive(bytes);
        return Promise.resolve();
      },
      close: () => Promise.resolve(),
    } as Link;
  }

  async function ring(end: "OK" | "BUSY", phase: Alert["phase"] = "open") {
    const clock = new ManualClock();
    const mock = new MockModem(clock, { "0479;": end } as never);
    const options = optionsOf(modem, { number: "0479", ring: "20s" });
    const through = linkTo(mock);
    const result = modem
      .send({ ...ALERT, phase }, options, contextOf({}, { clock, through }))
      .catch(String);
    for (let turn = 0; turn < 60; turn++) await clock.advance(seconds(1));
    return { result: await result, commands: mock.commands, ended: clock.monotonic() };
  }

  it("dials, lets it ring, and hangs up", async () => {
    const { result, commands } = await ring("OK");
    expect(result).toBe('rang "0479"');
    expect(commands.slice(-2)).toEqual(["ATDT0479;", "ATH"]);
  });

  it.each(["acknowledged", "resolved"] as const)("wakes nobody for what is %s", async (phase) => {
    const { result, commands } = await ring("OK", phase);
    expect(result).toBe(`nobody is rung for what is ${phase}`);
    expect(commands).toEqual([]);
  });

  it("says what the modem said instead, and hangs up", async () => {
    const { result, commands } = await ring("BUSY");
    expect(result).toMatch(/Cannot ring "0479": the modem says "BUSY"/);
    expect(commands.at(-1)).toBe("ATH");
  });
});
