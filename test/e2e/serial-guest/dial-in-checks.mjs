/*
 * Calls from outside on lines with real DTR, DCD and RING, answered by the product's daemon:
 *
 *   caller (TCP) ─► the rig's modem on ttyNM3 ═cable═ ttyNM2 ─► oob serve ─► ttyNM0 ═cable═ ttyNM1, a getty and bash
 *
 * A second modem, on ttyNM5, tells who calls; what takes long goes on there meanwhile.
 */
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { OLD1 } from "./detach-checks.mjs";
import serial from "./dist/drivers/console/serial.js";
import { AnsweringModem } from "./dist/src/daemon/dial-in/answering-modem.js";
import { startHost } from "./far-host.mjs";
import { LineWatch } from "./line-watch.mjs";
import { BACK_PORT, RING_PORT } from "./modem-checks.mjs";
import { Site } from "./product.mjs";

const CELLAR_PORT = 7303;
const CALLER_FILE = "/tmp/caller";
const JANA = "correct horse battery";
const PIET = "pretty long passphrase";

/** Somebody at the far end of a telephone line. */
class Call {
  heard = "";
  #socket;
  over;

  constructor(socket) {
    this.#socket = socket;
    socket.on("error", () => undefined);
    socket.on("data", (bytes) => {
      this.heard += bytes.toString("latin1");
    });
    this.over = new Promise((resolve) => socket.once("close", resolve));
  }

  static to(port) {
    return new Call(connect(port, "127.0.0.1"));
  }

  /** Waits until what was heard from a place on is so. */
  async hears(pattern, { from = 0, ms = 30_000 } = {}) {
    const end = performance.now() + ms;
    while (!pattern.test(this.heard.slice(from))) {
      if (performance.now() > end)
        throw new Error(`not heard: ${pattern}; last: ${JSON.stringify(this.heard.slice(-300))}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async types(text, answer) {
    const from = this.heard.length;
    this.#socket.write(text);
    await this.hears(answer, { from });
  }

  send(text) {
    this.#socket.write(text);
  }

  hangUp() {
    this.#socket.destroy();
  }
}

const theSite = () =>
  new Site(
    "guest",
    `grants: [{ who: "*", may: [status, attach], on: ["*"] }]
dial-in:
  attic:
    modem: { driver: serial, path: /dev/ttyNM2, baud: 115200 }
    callers: any
    idle: 5s
    people:
      jana: { passphrase: secret:jana }
      piet: { passphrase: secret:piet, dial-back: "555 0142" }
  cellar:
    modem: { driver: serial, path: /dev/ttyNM4, baud: 115200 }
    callers: ["+32 2 555 01 42"]
    people: { jana: { passphrase: secret:jana } }
hosts:
  web1: { console: { driver: serial, path: /dev/ttyNM0, baud: 115200 }, os: linux, watch: off }
  ${OLD1}
`,
    { jana: JANA, piet: PIET },
  );

/** Adds the checks; gives what starts the site. `startModem`: the modem on ttyNM3. */
export function addDialInChecks({ check, must, within, context, startModem }) {
  let started;
  /** Everything, once. */
  const start = () => {
    started ??= (async () => {
      await startModem();
      startHost("web1", "/dev/ttyNM1", "-L");
      writeFileSync(CALLER_FILE, "");
      const script = ["calling-modem.py", CALLER_FILE, "/dev/ttyNM5", String(CELLAR_PORT)];
      const modem = spawn("python3", script, { stdio: ["ignore", "inherit", "inherit"] });
      process.on("exit", () => modem.kill());
      const site = theSite();
      const lines = new LineWatch("/dev/ttyNM3");
      await site.serve();
      return { site, lines, background: inTheCellar(site) };
    })();
    return started;
  };

  /** A caller whose number is not on the list, then one whose is, who says nothing. */
  function inTheCellar(site) {
    const isCellars = ({ text }) => text.startsWith("cellar: ");
    const lines = new LineWatch("/dev/ttyNM5");
    const refused = (async () => {
      writeFileSync(CALLER_FILE, "+3225559999");
      const stranger = Call.to(CELLAR_PORT);
      const { text } = await site.event("dial-in.unanswered", isCellars, { ms: 90_000 });
      must(/\+3225559999 is not answered: the number is not among the callers$/.test(text), text);
      stranger.hangUp();
      must(stranger.heard === "", `the stranger heard ${JSON.stringify(stranger.heard)}`);
      must(!lines.states.some((one) => one.endsWith("DCD")), `carrier: ${lines.states.join(", ")}`);
      return text;
    })();
    const silent = (async () => {
      await refused;
      // The modem notices with the next RING that the stranger has given up.
      await new Promise((resolve) => setTimeout(resolve, 4000));
      writeFileSync(CALLER_FILE, "025550142");
      const call = Call.to(CELLAR_PORT);
      await call.hears(/passphrase: $/, { ms: 60_000 });
      const began = performance.now();
      await within(60_000, call.over, "the end of the silent call");
      const took = performance.now() - began;
      must(took > 25_000 && took < 45_000, `hung up after ${Math.round(took)} ms`);
      must(call.heard === "passphrase: ", JSON.stringify(call.heard));
      await lines.until("DTR dcd");
      must(lines.states.includes("dtr dcd"), lines.states.join(", "));
      const { text } = await site.event("dial-in.refused", isCellars);
      must(/025550142 gave no passphrase$/.test(text), text);
      return `${Math.round(took / 1000)} s after the question; ${text}`;
    })();
    for (const one of [refused, silent]) one.catch(() => undefined);
    return { refused, silent };
  }

  const isAttics = ({ text }) => text.startsWith("attic: ");

  /** The line is free: seen by the modem, on its lines. */
  async function hungUp({ lines }, past, call) {
    await within(20_000, call.over, "the end of the call at the far end");
    await lines.until("DTR dcd");
    const after = lines.states.slice(past);
    const fell = after.findIndex((one) => one.startsWith("dtr"));
    must(fell >= 0, `DTR did not fall: ${after.join(", ")}`);
    return after.join(", ");
  }

  check(
    "dial-in: a modem that does not tell who calls is refused where callers are listed",
    async () => {
      await startModem();
      const link = await serial.open({ path: "/dev/ttyNM2", baud: 115_200 }, context());
      const entry = { name: "attic", callers: ["+3225550142"], init: undefined, guard: 1200 };
      const parts = { ...context(), entry, secret: () => Promise.reject(new Error("none")) };
      const modem = new AnsweringModem(link, parts, parts.signal);
      const error = await modem.makeReady().catch((thrown) => thrown);
      await link.close();
      must(error?.code === "LINK_REFUSED", String(error?.message));
      return error.message;
    },
  );

  check(
    "dial-in: rings, asks for the passphrase first, leads to a shell; a line that breaks logs it out",
    async () => {
      const { site, lines } = await start();
      const call = Call.to(RING_PORT);
      await call.hears(/./s);
      must(lines.now === "DTR DCD", `in a call: ${lines.now}`);
      await call.hears(/^passphrase: $/);
      await call.types(`${JANA}\r`, /oob> $/);
      for (let tries = 0; tries < 60 && !/web1 +up /.test(call.heard); tries++) {
        await call.types("status\r", /status\r\n.*oob> $/s);
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
      const status = await (await site.client()).status(["web1"], { power: false });
      must(/web1 +up /.test(call.heard), JSON.stringify(status));
      await call.types("power web1 off\r", /type its name once more: $/);
      await call.types("web1\r", /not granted to jana/);
      await call.types("attach web1\r", /you write/);
      await call.types("\r", /web1 login: $/);
      await call.types("root\r", /Password: $/);
      await call.types("oob\r", /root@web1:~# $/);
      await call.types(
        "tty; stty -a | grep -o 'speed [0-9]*'\r",
        /\/dev\/ttyNM1\r\nspeed 115200\r\n.*# $/s,
      );
      const past = site.events().length;
      const lost = performance.now();
      call.hangUp();
      await lines.until("DTR dcd");
      const out = await site.event("session.logout", () => true, { past, ms: 60_000 });
      const took = performance.now() - lost;
      must(/logged out after jana left.*the console shows "web1 login:/.test(out.text), out.text);
      const over = await site.event("dial-in.over", () => true, { past });
      must(/the call of jana is over: .*the carrier fell$/.test(over.text), over.text);
      must(!site.events().some((one) => one.type === "session.left-open"), "left open");
      return `${over.text}; ${Math.round(took)} ms later: ${out.text}`;
    },
  );

  check("dial-in: a caller who types nothing at a console is hung up by DTR", async () => {
    const { site, lines } = await start();
    const past = site.events().length;
    const call = Call.to(RING_PORT);
    await call.hears(/passphrase: $/);
    await call.types(`${JANA}\r`, /oob> $/);
    const changes = lines.states.length;
    await call.types("attach web1\r", /you write/);
    await call.types("\r", /web1 login: $/);
    const seen = await hungUp({ lines }, changes, call);
    const over = await site.event("dial-in.over", () => true, { past });
    must(over.text.endsWith("nothing was typed"), over.text);
    return `${seen}; ${over.text}`;
  });

  check("dial-in: called back at the configured number, and asked once more", async () => {
    const { site, lines } = await start();
    const server = createServer();
    await new Promise((resolve) => server.listen(BACK_PORT, "127.0.0.1", resolve));
    const rung = new Promise((resolve) =>
      server.once("connection", (socket) => resolve(new Call(socket))),
    );
    const past = site.events().length;
    const call = Call.to(RING_PORT);
    await call.hears(/passphrase: $/);
    const changes = lines.states.length;
    await call.types(`${PIET}\r`, /calling you back; hang up/);
    const seen = await hungUp({ lines }, changes, call);
    const back = await within(60_000, rung, "the call back");
    server.close();
    await back.hears(/^passphrase: $/);
    await back.types(`${PIET}\r`, /oob> $/);
    back.send("quit\r");
    await within(20_000, back.over, "the end of the call back");
    await lines.until("DTR dcd");
    const over = await site.event("dial-in.over", () => true, { past });
    must(/the call of piet is over: quit$/.test(over.text), over.text);
    return `${seen}; ${(await site.event("dial-in.call-back", () => true, { past })).text}`;
  });

  check("dial-in: a number that is not on the list is not answered", async () => {
    const { background } = await start();
    return await background.refused;
  });

  check("dial-in: a caller who says nothing is hung up, and it counts for nothing", async () => {
    const { background } = await start();
    return await background.silent;
  });

  check(
    "dial-in: wrong passphrases lock it, for longer each time, and over a killed daemon",
    async () => {
      const { site, lines } = await start();
      const past = site.events().length;
      const first = Call.to(RING_PORT);
      await first.hears(/passphrase: $/);
      const changes = lines.states.length;
      await first.types("let me in\r", /passphrase: $/);
      first.send("\x04");
      const seen = await hungUp({ lines }, changes, first);
      must(!/oob|web1|>/.test(first.heard), JSON.stringify(first.heard));
      const { text } = await site.event("dial-in.refused", isAttics, { past });
      must(/gave no passphrase; nobody is answered for (?:1m|5\ds)/.test(text), text);
      await site.kill();
      // As after a minute.
      const file = site.state("dial-in/attic.json");
      const kept = JSON.parse(readFileSync(file, "utf8"));
      must(kept.failures === 1, JSON.stringify(kept));
      writeFileSync(file, JSON.stringify({ ...kept, until: Date.now() - 1 }));
      await site.serve();
      const second = Call.to(RING_PORT);
      await second.hears(/passphrase: $/, { ms: 60_000 });
      await second.types("let me in\r", /passphrase: $/);
      const before = site.events().length;
      second.send("\x04");
      await within(20_000, second.over, "the end of the second call");
      const again = await site.event("dial-in.refused", isAttics, { past: before });
      must(/nobody is answered for (?:2m|1m5\ds)/.test(again.text), again.text);
      // It rings, and nobody answers.
      await lines.until("DTR dcd");
      const locked = Call.to(RING_PORT);
      const { text: unanswered } = await site.event("dial-in.unanswered", isAttics, {
        past: before,
      });
      must(/locked for /.test(unanswered), unanswered);
      must(locked.heard === "" && lines.now === "DTR dcd", `${locked.heard} ${lines.now}`);
      return `${seen}; ${text}; ${again.text}; ${unanswered}`;
    },
  );

  return start;
}
