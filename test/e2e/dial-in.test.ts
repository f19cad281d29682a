/** A call from outside to the real daemon: passphrase, a real host's console, and a line that breaks at a root shell. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MockModem } from "../../mocks/modem.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { TestSite } from "./rig/daemon.ts";
import { buildImages } from "./rig/images.ts";
import { Machine } from "./rig/machine.ts";

let machine: Machine;
let modem: MockModem;
let test: TestSite;

beforeAll(async () => {
  const { kernel, initrd } = await buildImages();
  machine = new Machine("web1", { kernel, initrd, append: "console=ttyS0,115200 oob.host=web1" });
  machine.powerOn();
  modem = new MockModem(systemClock, {});
  const port = await modem.listen();
  test = new TestSite(
    `grants: [{ who: jana, may: [status, attach], on: ["*"] }]
dial-in:
  attic:
    modem: { driver: tcp, host: 127.0.0.1, port: ${port} }
    callers: any
    people: { jana: { passphrase: secret:jana-phone } }
hosts:
  web1: { console: { driver: unix, path: ${machine.unixPath} }, os: linux, watch: off }
`,
    { "jana-phone": "correct horse battery" },
  );
  await test.start();
});

afterAll(async () => {
  await test?.stop();
  await modem?.close();
  machine?.dispose();
});

/** What the caller's terminal shows, from a place on. */
const shown = (from = 0) => Buffer.from(modem.heard.slice(from)).toString("latin1");

async function sees(pattern: RegExp, from: number): Promise<void> {
  const end = performance.now() + 60_000;
  while (!pattern.test(shown(from))) {
    if (performance.now() > end)
      throw new Error(`did not see ${pattern}; last: ${JSON.stringify(shown(from).slice(-400))}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function types(text: string, answer: RegExp): Promise<void> {
  const from = modem.heard.length;
  modem.print(text);
  await sees(answer, from);
}

/** Waits until the daemon has made the modem ready. */
async function ready(): Promise<void> {
  const end = performance.now() + 60_000;
  while (!modem.commands.includes("AT+VCID=1")) {
    if (performance.now() > end)
      throw new Error(`the modem is not ready: ${modem.commands.join()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe("a call to the daemon", () => {
  it("reaches a host's shell; when the line breaks, the shell is logged out, by proof", async () => {
    await ready();
    modem.callIn("+3225550142");
    await sees(/^passphrase: $/, 0);
    await types("correct horse battery\r", /oob> $/);
    await types("status\r", /web1 +up .*oob> $/s);
    await types("power web1 off\r", /type its name once more: $/);
    await types("web1\r", /Cannot "power" on web1: not granted to jana/);
    await types("attach web1\r", /you write/);
    await types("\r", /login: $/);
    await types("root\r", /assword: $/);
    await types("oob\r", /# $/);
    modem.hangUpThere();
    const out = await test.event(
      "the logout",
      (event) => event.host === "web1" && event.type === "session.logout",
      60_000,
    );
    expect(out.text).toMatch(/logged out after jana left.*the console shows "web1 login:/);
    expect(test.ofHost("web1", /^session\.left-open$/)).toHaveLength(0);
    const [status] = await test.site.status(["web1"], { power: false });
    expect(status).toMatchObject({ lastLine: expect.stringContaining("login:") });
    expect(status?.writer).toBeUndefined();
  });
});
