/*
 * Runs inside the guest, on the built product. Each check prints "OK name: what was seen" or "FAIL …".
 * /dev/ttyNM0 and 1: a null modem cable; /dev/ttyS1: a 16550; /dev/ttyUSB0: FTDI; /dev/ttyACM0 and GS0.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { access, readFile, rm, writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { addDetachChecks } from "./detach-checks.mjs";
import { addDialInChecks } from "./dial-in-checks.mjs";
import serial from "./dist/drivers/console/serial.js";
import { lockPort } from "./dist/src/core/port/port-lock.js";
import { systemClock } from "./dist/src/lib/clock.js";
import { addModemChecks } from "./modem-checks.mjs";
import { addPortChecks } from "./port-checks.mjs";
import { SHARED } from "./product.mjs";
import { addRfc2217Checks } from "./rfc2217-checks.mjs";

const KILLS = Number(process.env.KILLS ?? 20);
const ALL = Buffer.from(Uint8Array.from({ length: 256 }, (_, i) => i));
const SEVEN = ALL.subarray(0, 128);
const sleep = (ms) => systemClock.sleep(ms);

const context = (more) => ({
  clock: systemClock,
  signal: new AbortController().signal,
  progress: () => undefined,
  reopening: false,
  ...more,
});
const open = (path, more = {}) => serial.open({ path, ...more }, context());
const code = (promise) =>
  promise.then(
    () => "no error",
    (error) => `${error.code}: ${error.message}`,
  );

function within(ms, promise, what) {
  const late = sleep(ms).then(() => Promise.reject(new Error(`${what}: nothing within ${ms} ms`)));
  late.catch(() => undefined);
  return Promise.race([promise, late]);
}

async function read(bytes, count, ms = 20_000) {
  const parts = [];
  let got = 0;
  while (got < count) {
    const { value, done } = await within(ms, bytes.next(), `read ${got} of ${count}`);
    if (done) break;
    parts.push(value);
    got += value.length;
  }
  return Buffer.concat(parts);
}

function must(condition, text) {
  if (!condition) throw new Error(text);
}

function startFarEnd() {
  const child = spawn("python3", ["far-end.py"], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return async (order) => {
    child.stdin.write(`${JSON.stringify(order)}\n`);
    const { value, done } = await lines.next();
    must(!done, `the far end died on ${JSON.stringify(order)}`);
    return JSON.parse(value);
  };
}

const far = startFarEnd();
const [NEAR, FAR] = ["/dev/ttyNM0", "/dev/ttyNM1"];
const checks = [];
const check = (name, run) => checks.push({ name, run });

async function bothWays(options, farOptions, bytes) {
  await far({ do: "open", path: FAR, ...farOptions });
  const link = await open(NEAR, options);
  try {
    const incoming = link.bytes[Symbol.asyncIterator]();
    await far({ do: "write", hex: bytes.toString("hex") });
    const heard = await read(incoming, bytes.length);
    must(heard.equals(bytes), `near heard ${heard.subarray(0, 16).toString("hex")}…`);
    await link.write(bytes);
    const there = await far({ do: "read", count: bytes.length });
    must(there === bytes.toString("hex"), `far heard ${there.slice(0, 32)}…`);
  } finally {
    await link.close();
  }
}

for (const baud of [1200, 9600, 38_400, 115_200, 921_600, 250_000])
  check(`256 byte values both ways at ${baud}`, async () => {
    await bothWays({ baud }, { baud }, ALL);
    return "whole";
  });
check("7e1, 7o1, 8e2, 8o1 against pySerial", async () => {
  for (const [format, bits, parity, stop] of [
    ["7e1", 7, "E", 1],
    ["7o1", 7, "O", 1],
    ["8e2", 8, "E", 2],
    ["8o1", 8, "O", 1],
  ])
    await bothWays(
      { baud: 9600, format },
      { baud: 9600, bits, parity, stop },
      bits === 7 ? SEVEN : ALL,
    );
  return "whole";
});
check("BREAK arrives, once, and lasts", async () => {
  await far({ do: "open", path: FAR });
  const link = await open(NEAR);
  const before = await far({ do: "counters" });
  const start = performance.now();
  await link.sendBreak(250);
  const took = performance.now() - start;
  const after = await far({ do: "counters" });
  await link.close();
  must(after.brk - before.brk === 1, `break counter +${after.brk - before.brk}`);
  must(took >= 249 && took < 1500, `${took} ms`);
  return `counter +1, ${Math.round(took)} ms`;
});
check("DTR and RTS seen at the far end, one at a time", async () => {
  await far({ do: "open", path: FAR });
  const link = await open(NEAR);
  const seen = [await far({ do: "lines" })];
  for (const lines of [{ dtr: false }, { rts: false }, { dtr: true }, { rts: true }]) {
    await link.setLines(lines);
    seen.push(await far({ do: "lines" }));
  }
  await link.setLines({ rts: false });
  await link.sendBreak(50);
  seen.push(await far({ do: "lines" }));
  await link.close();
  const text = seen.map((l) => `${l.dsr ? "D" : "d"}${l.cts ? "R" : "r"}`).join(" ");
  must(text === "DR dR dr Dr DR Dr", text);
  return `${text} (the last after a BREAK)`;
});
check("dtr: lower, rts: lower at opening; keep leaves them", async () => {
  await far({ do: "open", path: FAR });
  const low = await open(NEAR, { dtr: "lower", rts: "lower" });
  const first = await far({ do: "lines" });
  await low.close();
  must(!first.dsr && !first.cts, JSON.stringify(first));
  const kept = await open(NEAR, { dtr: "keep", rts: "keep" });
  await kept.close();
  return "low";
});
check("close() leaves DTR up (no hang-up of the host's session)", async () => {
  await far({ do: "open", path: FAR });
  await (await open(NEAR)).close();
  const lines = await far({ do: "lines" });
  must(lines.dsr && lines.cts, JSON.stringify(lines));
  return "DSR and CTS still up at the far end";
});
check("CTS, DSR, DCD are read, and noticed when they change", async () => {
  await far({ do: "open", path: FAR });
  const link = await open(NEAR);
  const notices = [];
  link.onNotice((notice) => notices.push(notice.lines));
  const states = [];
  for (const [dtr, rts] of [
    [true, true],
    [false, true],
    [false, false],
    [true, true],
  ]) {
    await far({ do: "drive", dtr, rts });
    await sleep(1500);
    const { cts, dsr, dcd } = await link.readLines();
    states.push(`${cts ? "C" : "c"}${dsr ? "D" : "d"}${dcd ? "R" : "r"}`);
  }
  await link.close();
  must(states.join(" ") === "CDR Cdr cdr CDR", states.join(" "));
  must(notices.length === 4, `${notices.length} notices`);
  return `${states.join(" ")}, ${notices.length} notices`;
});
check("carrier loss is no end of the link", async () => {
  await far({ do: "open", path: FAR });
  const link = await open(NEAR);
  const next = link.bytes[Symbol.asyncIterator]().next();
  await far({ do: "drive", dtr: false, rts: true });
  await sleep(300);
  await far({ do: "drive", dtr: true, rts: true });
  await far({ do: "write", hex: "41" });
  const { value } = await within(5000, next, "byte after carrier loss");
  await link.close();
  must(value[0] === 0x41, `heard ${Buffer.from(value).toString("hex")}`);
  return "still open";
});
check("exclusive: oob, pySerial and UUCP see each other", async () => {
  const link = await open(NEAR);
  const second = await code(open(NEAR));
  const python = await far({ do: "try-exclusive", path: NEAR });
  await link.close();
  must(/^PORT_BUSY: Cannot open "\/dev\/ttyNM0": /.test(second), second);
  must(/lock/.test(python), python);
  const lock = await lockPort({
    folder: "/tmp/locks",
    device: NEAR,
    who: "guest",
    clock: systemClock,
  });
  const uucp = await readFile("/var/lock/LCK..ttyNM0", "latin1");
  await lock.release();
  const sleeper = spawn("sleep", ["60"]);
  await writeFile("/var/lock/LCK..ttyNM0", `${String(sleeper.pid).padStart(10)}\n`);
  const refused = await code(
    lockPort({ folder: "/tmp/locks", device: NEAR, who: "guest", clock: systemClock }),
  );
  sleeper.kill();
  await rm("/var/lock/LCK..ttyNM0");
  must(uucp === `${String(process.pid).padStart(10)}\n`, JSON.stringify(uucp));
  must(/^PORT_BUSY: .*sleep \(pid \d+\) has it$/.test(refused), refused);
  return `${second} | ${refused}`;
});
check("wrong speed: other bytes, no crash, and whole at the right one", async () => {
  await far({ do: "open", path: FAR, baud: 9600 });
  const link = await open(NEAR, { baud: 115_200 });
  await far({ do: "write", hex: Buffer.from("web1 login: ").toString("hex") });
  const heard = await read(link.bytes[Symbol.asyncIterator](), 6);
  await link.close();
  must(!heard.toString("latin1").includes("web1"), "it was whole");
  await bothWays({ baud: 9600 }, { baud: 9600 }, ALL);
  return `heard ${heard.subarray(0, 8).toString("hex")}`;
});
check("a speed that the 16550 cannot make", async () => {
  const refused = await code(open("/dev/ttyS1", { baud: 250_000 }));
  must(/LINK_REFUSED: .*stays at \d+ baud when set to 250000/.test(refused), refused);
  return refused;
});
check("16550: 256 byte values there and back at 115200 and 9600", async () => {
  for (const baud of [115_200, 9600]) {
    const link = await open("/dev/ttyS1", { baud });
    await link.write(ALL);
    const heard = await read(link.bytes[Symbol.asyncIterator](), 256);
    await link.close();
    must(heard.equals(ALL), heard.toString("hex"));
  }
  return "whole";
});
check("a port without hardware", async () => {
  const paths = ["/dev/ttyS9", "/dev/ttyNONE", "/dev/null"];
  const errors = [];
  for (const path of paths) errors.push(await code(open(path)));
  must(
    errors.every((error) => error.startsWith("LINK_REFUSED: ")),
    errors.join(" | "),
  );
  return errors.join(" | ");
});
check("rtscts: a peer without CTS stops the write, not the close", async () => {
  await far({ do: "open", path: FAR });
  await far({ do: "drive", dtr: true, rts: false });
  const link = await open(NEAR, { flow: "rtscts" });
  const pending = code(link.write(Buffer.alloc(20_000, 65)));
  const state = await Promise.race([pending, sleep(500).then(() => "waits")]);
  const start = performance.now();
  await link.close();
  const took = performance.now() - start;
  must(state === "waits", state);
  must(took < 1500, `close took ${took} ms`);
  await far({ do: "drive", dtr: true, rts: true });
  const outcome = await pending;
  must(outcome.startsWith("LINK_LOST"), outcome);
  // The same in a process of its own: it must be able to end.
  await far({ do: "drive", dtr: true, rts: false });
  const text = `
    import serial from "./dist/drivers/console/serial.js";
    import { systemClock } from "./dist/src/lib/clock.js";
    const link = await serial.open({ path: "${NEAR}", flow: "rtscts" },
      { clock: systemClock, signal: new AbortController().signal, progress() {}, reopening: false });
    link.write(Buffer.alloc(20000, 65)).catch(() => {});
    await systemClock.sleep(300);
    console.log("closing");
    await link.close();`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", text], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  const closing = performance.now();
  await once(child, "exit");
  const ended = performance.now() - closing;
  await far({ do: "drive", dtr: true, rts: true });
  must(ended < 4000, `process ended after ${ended} ms`);
  return `close ${Math.round(took)} ms, end of process ${Math.round(ended)} ms`;
});
check("ACM gadget: bytes, carrier follows the other side", async () => {
  await far({ do: "open", path: "/dev/ttyGS0" });
  const link = await open("/dev/ttyACM0");
  await sleep(300);
  const with_ = await link.readLines();
  const incoming = link.bytes[Symbol.asyncIterator]();
  await far({ do: "write", hex: ALL.toString("hex") });
  const heard = await read(incoming, 256);
  await far({ do: "open", path: FAR });
  await sleep(1000);
  const without = await link.readLines();
  await link.close();
  must(heard.equals(ALL), "bytes differ");
  must(with_.dcd && !without.dcd, JSON.stringify([with_, without]));
  must(link.sendBreak === undefined, "this gadget says that it has no BREAK");
  return "whole; DCD up, then down; no BREAK, and it says so";
});

const USB = "/dev/ttyUSB0";
async function plug(state) {
  // QEMU does not show an adapter that is back within a moment.
  if (state === "in") await sleep(1500);
  await writeFile(`${SHARED}/usb`, state);
  for (let tries = 0; tries < 200; tries++) {
    const there = await access(USB).then(
      () => true,
      () => false,
    );
    if (there === (state === "in")) return;
    await sleep(50);
  }
  throw new Error(`the adapter is not ${state}`);
}

check("USB adapter: bytes, pulled out while read: LINK_LOST, back: opens again", async () => {
  await plug("in");
  const link = await open(USB);
  const incoming = link.bytes[Symbol.asyncIterator]();
  await link.write(ALL);
  must((await read(incoming, 256)).equals(ALL), "bytes differ");
  const lost = code(incoming.next());
  await plug("out");
  const start = performance.now();
  const text = await within(5000, lost, "LINK_LOST");
  const took = performance.now() - start;
  must(text.startsWith("LINK_LOST"), text);
  must(took < 1000, `${took} ms`);
  must((await code(link.write(Buffer.from("x")))).startsWith("LINK_LOST"), "write");
  await link.close();
  const gone = await code(open(USB));
  must(gone.includes("there is no such device"), gone);
  await plug("in");
  const again = await open(USB);
  await again.write(Buffer.from("back"));
  const heard = await read(again.bytes[Symbol.asyncIterator](), 4);
  await again.close();
  must(heard.toString() === "back", heard.toString());
  return `${text}, ${Math.round(took)} ms after the device was gone`;
});
check("USB adapter pulled out while nobody reads: noticed within a second", async () => {
  await plug("in");
  const link = await open(USB);
  await plug("out");
  const start = performance.now();
  let text = "";
  while (performance.now() - start < 5000) {
    text = await code(link.write(Buffer.from("")));
    if (text.startsWith("LINK_LOST")) break;
    await sleep(20);
  }
  const took = performance.now() - start;
  await link.close();
  must(text.startsWith("LINK_LOST"), text);
  must(took < 1100, `${took} ms`);
  return `${Math.round(took)} ms`;
});
check(
  `re-opening loses no byte: ${KILLS} kills at 115200, tty held by a second process`,
  async () => {
    await far({ do: "open", path: FAR, baud: 115_200 });
    const holder = spawn("sleep", ["600"], { stdio: ["ignore", "ignore", "ignore"] });
    const held = spawn("sh", ["-c", `exec sleep 600 < ${NEAR}`]);
    const log = "/tmp/oob-guest.log";
    const start = () =>
      spawn(process.execPath, ["reader.mjs", NEAR, log, "again"], {
        stdio: ["ignore", "pipe", "inherit"],
      });
    let reader = start();
    await once(reader.stdout, "data");
    const until = "/tmp/oob-guest.stop";
    const sent = far({ do: "stream", until });
    for (let kills = 0; kills < KILLS; kills++) {
      await sleep(200 + Math.random() * 300);
      reader.kill("SIGUSR2");
      await once(reader, "exit");
      reader = start();
      await once(reader.stdout, "data");
    }
    await writeFile(until, "");
    const count = await sent;
    await sleep(1500);
    reader.kill("SIGKILL");
    held.kill();
    holder.kill();
    const text = await readFile(log, "latin1");
    const wanted = Array.from({ length: count }, (_, i) => `${String(i).padStart(8, "0")}\n`).join(
      "",
    );
    const at = Array.from(wanted).findIndex((character, i) => text[i] !== character);
    must(
      text === wanted,
      `${wanted.length - text.length} bytes missing of ${wanted.length}; at ${at}: ` +
        JSON.stringify(text.slice(Math.max(0, at - 30), at + 30)),
    );
    return `0 of ${wanted.length} bytes lost or doubled in ${KILLS} kills`;
  },
);

const startModem = addModemChecks({ check, must, sleep, within, context, ALL });
addRfc2217Checks({ check, must, sleep, within, far, context, ALL, NEAR, FAR });
addPortChecks({ check, must, far });
// Last: from here on the daemon has the ports.
const startSite = addDialInChecks({ check, must, within, context, startModem });
addDetachChecks({ check, must, startSite });

let failed = 0;
const only = process.env.ONLY ?? "";
const chosen = checks.filter((one) => one.name.includes(only));
for (const { name, run } of chosen) {
  const start = performance.now();
  const result = await run().then(
    (seen) => `OK   ${name}: ${seen}`,
    (error) => {
      failed++;
      return `FAIL ${name}: ${error.stack}`;
    },
  );
  console.log(`${result} [${((performance.now() - start) / 1000).toFixed(1)} s]`);
}
console.log(`${chosen.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
