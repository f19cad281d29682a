/*
 * RFC 2217 on real ttys: ser2net and pySerial's server in front of /dev/ttyNM0, the far end of the cable at ttyNM1. The
 * null modem spoils bytes between ends of different speeds, so bytes that are whole prove that the speed was set.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import rfc2217 from "./dist/drivers/console/rfc2217.js";
import { DCE } from "./modem-checks.mjs";

const SER2NET_PORT = 7217;

async function startSer2net(path) {
  writeFileSync(
    "/tmp/ser2net.yaml",
    `%YAML 1.1\n---\nconnection: &port\n  accepter: telnet(rfc2217),tcp,127.0.0.1,${SER2NET_PORT}\n  connector: serialdev,${path},9600n81,local\n`,
  );
  const child = spawn(
    "ser2net",
    ["-n", "-u", "-c", "/tmp/ser2net.yaml", "-P", "/tmp/ser2net.pid"],
    {
      stdio: "inherit",
    },
  );
  for (let tries = 0; tries < 100; tries++) {
    // A client that leaves at once: it opens and closes the tty, which harms nothing here.
    const socket = connect(SER2NET_PORT, "127.0.0.1");
    const open = await new Promise((resolve) => {
      socket.once("connect", () => resolve(true));
      socket.once("error", () => resolve(false));
    });
    socket.destroy();
    if (open) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { child, port: SER2NET_PORT };
}

async function startPySerial(path) {
  const child = spawn("python3", ["port-server.py", path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(createInterface({ input: child.stdout }), "line");
  return { child, port: Number(line) };
}

/** Adds the checks. `tools`: what guest.mjs has for its own. */
export function addRfc2217Checks({ check, must, sleep, within, far, context, ALL, NEAR, FAR }) {
  const servers = [
    { name: "ser2net", start: startSer2net },
    { name: "pySerial's server", start: startPySerial },
  ];

  /** Runs with a link through a fresh server, reading all the time. */
  async function through(start, options, run) {
    const { child, port } = await start(NEAR);
    // What another client of a moment ago left open has to be closed first.
    await sleep(500);
    let link;
    try {
      link = await rfc2217.open(
        { host: "127.0.0.1", port, mismatch: "refuse", ...options },
        context(),
      );
      const heard = [];
      const notices = [];
      link.onNotice((notice) => notices.push(notice));
      const reading = (async () => {
        for await (const chunk of link.bytes) heard.push(...chunk);
      })();
      reading.catch(() => undefined);
      const result = await run({ link, heard, notices });
      await link.close();
      return result;
    } finally {
      await link?.close().catch(() => undefined);
      child.kill("SIGKILL");
      await once(child, "exit");
    }
  }

  async function until(what, is, ms = 10_000) {
    for (let waited = 0; waited < ms; waited += 20) {
      if (await is()) return waited;
      await sleep(20);
    }
    throw new Error(`${what}: not within ${ms} ms`);
  }

  async function whole(link, heard) {
    heard.length = 0;
    await far({ do: "write", hex: ALL.toString("hex") });
    await until("bytes from the far end", () => heard.length >= ALL.length);
    must(
      Buffer.from(heard).equals(ALL),
      `near heard ${Buffer.from(heard.slice(0, 16)).toString("hex")}…`,
    );
    await link.write(ALL);
    const there = await far({ do: "read", count: ALL.length });
    must(there === ALL.toString("hex"), `far heard ${there.slice(0, 32)}…`);
  }

  for (const { name, start } of servers) {
    check(`rfc2217, ${name}: the tty's speed and format are really set`, () =>
      through(start, { baud: 57_600, format: "8e1", flow: "none" }, async ({ link, heard }) => {
        await far({ do: "open", path: FAR, baud: 57_600, parity: "E" });
        await whole(link, heard);
        await link.setBaud(9600);
        await far({ do: "open", path: FAR, baud: 9600, parity: "E" });
        // The far end throws away what waits when it opens; the tty's own change settles meanwhile.
        await sleep(200);
        await whole(link, heard);
        return link.label;
      }),
    );

    check(`rfc2217, ${name}: BREAK arrives, once`, () =>
      through(start, { baud: 115_200 }, async ({ link }) => {
        await far({ do: "open", path: FAR });
        const before = await far({ do: "counters" });
        await link.sendBreak(250);
        await until(
          "BREAK at the far end",
          async () => (await far({ do: "counters" })).brk > before.brk,
        );
        await sleep(300);
        const after = await far({ do: "counters" });
        must(after.brk - before.brk === 1, `break counter +${after.brk - before.brk}`);
        await link.write(Buffer.from("h"));
        // To a tty without IGNBRK the BREAK itself is a NUL.
        const keys = await far({ do: "read", count: 2 });
        must(keys === "0068", `the far end heard "${keys}"`);
        return "counter +1, the key after it whole";
      }),
    );

    check(`rfc2217, ${name}: DTR and RTS seen at the far end, one at a time`, () =>
      through(start, { baud: 115_200 }, async ({ link, notices }) => {
        await far({ do: "open", path: FAR });
        const seen = [];
        for (const lines of [
          { dtr: true, rts: true },
          { dtr: false },
          { rts: false },
          { dtr: true },
          { rts: true },
        ]) {
          await link.setLines(lines);
          const { dsr, cts } = await far({ do: "lines" });
          seen.push(`${dsr ? "D" : "d"}${cts ? "R" : "r"}`);
        }
        must(seen.join(" ") === "DR dR dr Dr DR", seen.join(" "));
        const doubts = notices.filter((one) => one.is === "note" && /not confirmed/.test(one.text));
        must(doubts.length === 0, JSON.stringify(doubts));
        return `${seen.join(" ")}, each confirmed`;
      }),
    );

    check(`rfc2217, ${name}: loss of carrier is seen`, () =>
      through(start, { baud: 115_200 }, async ({ link, notices }) => {
        // A null modem cable, also after the modem checks: carrier follows the far end's DTR.
        writeFileSync(DCE, "0");
        await far({ do: "open", path: FAR });
        await far({ do: "drive", dtr: true, rts: true });
        const dcd = () => notices.findLast((one) => one.is === "lines")?.lines.dcd;
        await until("carrier", () => dcd() === true);
        await far({ do: "drive", dtr: false, rts: true });
        const took = await until("loss of carrier", () => dcd() === false);
        const lines = await within(5000, link.readLines(), "readLines()");
        must(!lines.dcd && lines.cts, JSON.stringify(lines));
        return `notified after ${took} ms`;
      }),
    );
  }
}
