/*
 * The modem driver on a line with real DTR, DCD and RING: the odd end of a null modem cable made a modem (dce=1), on it
 * the rig's own modem, whose telephone network is loopback TCP. Numbers: 5551234 is the far end here; 0001 and on end
 * as modem.py says.
 */
import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import modem from "./dist/drivers/console/modem.js";
import serial from "./dist/drivers/console/serial.js";

const [NEAR, FAR] = ["/dev/ttyNM2", "/dev/ttyNM3"];
/** "1" makes the odd end of each cable a modem, whose carrier is OUT1. */
export const DCE = "/sys/module/oob_nullmodem/parameters/dce";
const MODEM_RATE = 115_200;
/** A TCP caller there makes the modem ring; this one is reached by dialling 5550142. */
export const [RING_PORT, BACK_PORT] = [7301, 7302];

/** The host at the far end: what it got, and whether somebody is connected. */
class FarHost {
  heard = Buffer.alloc(0);
  calls = 0;
  socket;
  #server = createServer((socket) => {
    this.calls += 1;
    this.socket = socket;
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.socket = undefined;
    });
    socket.on("data", (bytes) => {
      this.heard = Buffer.concat([this.heard, bytes]);
    });
    socket.write("\r\nfar1 login: ");
  });

  async listen() {
    await new Promise((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return this.#server.address().port;
  }
}

/** Calls of one check, as the site would keep them. */
class Book {
  calls = [];
  recent = async () => [];
  begin = async ({ number }) => {
    const call = { number };
    this.calls.push(call);
    return {
      connected: async (text) => {
        call.connected = text;
      },
      ended: async (outcome, text) => {
        call.outcome = outcome;
        call.text = text;
      },
    };
  };
}

/** Adds the checks; gives what starts the modem. */
export function addModemChecks({ check, must, sleep, within, context, ALL }) {
  const host = new FarHost();
  let started;
  const start = async () => {
    await writeFile(DCE, "1");
    started ??= (async () => {
      const port = await host.listen();
      const script = join(import.meta.dirname, "modem.py");
      const book = [`5551234=127.0.0.1:${port}`, `5550142=127.0.0.1:${BACK_PORT}`];
      const args = [script, FAR, ...book, "--rate", "33600", "--listen", String(RING_PORT)];
      const child = spawn("python3", args, { stdio: ["ignore", "inherit", "inherit"] });
      process.on("exit", () => child.kill());
      await sleep(1500);
    })();
    await started;
  };
  /** A call, and its serial line below. */
  const dial = async (
    number,
    { baud = MODEM_RATE, book = new Book(), told = [], ...options } = {},
  ) => {
    await start();
    const through = await serial.open({ path: NEAR, baud }, context());
    try {
      const link = await modem.open(
        { number, ...options },
        context({ through, calls: book, progress: (line) => told.push(line) }),
      );
      const end = async () => {
        await link.close();
        await through.close();
      };
      return { link, through, book, end, bytes: link.bytes[Symbol.asyncIterator]() };
    } catch (error) {
      await through.close();
      throw error;
    }
  };
  const text = async (bytes, wanted) => {
    let got = "";
    while (!got.includes(wanted)) {
      const { value, done } = await within(20_000, bytes.next(), `"${wanted}" after "${got}"`);
      if (done) throw new Error(`ended after "${got}"`);
      got += Buffer.from(value).toString("latin1");
    }
    return got;
  };
  const until = async (is, what) => {
    for (let i = 0; !is(); i++) {
      if (i > 200) throw new Error(`not within 20 s: ${what}`);
      await sleep(100);
    }
  };

  check("modem: dials, carries all bytes, hangs up by DTR and proves it by DCD", async () => {
    const { link, through, book, bytes, end } = await dial("5551234");
    must(link.label === "5551234 modem 33600", link.label);
    must((await through.readLines()).dcd, "no carrier in a call");
    const first = await text(bytes, "login: ");
    must(first === "\r\nfar1 login: ", JSON.stringify(first));
    await link.write(ALL);
    await until(() => host.heard.length >= 256, "256 bytes at the far end");
    must(host.heard.equals(ALL), "the far end heard other bytes");
    host.socket.write(ALL);
    must((await text(bytes, "\xff")) === ALL.toString("latin1"), "other bytes came back");
    await link.close();
    must(!(await through.readLines()).dcd, "the carrier stands");
    await until(() => host.socket === undefined, "the far end is rid of us");
    await end();
    const [{ outcome, text: how }] = book.calls;
    must(outcome === "hung-up" && how === "DTR low, and the carrier fell", `${outcome}: ${how}`);
    return how;
  });

  for (const [number, code, words] of [
    ["0001", "LINE_BUSY", "the line is busy (BUSY)"],
    ["0002", "LINK_REFUSED", "nobody answers (NO ANSWER)"],
    ["0003", "LINK_REFUSED", "there is no dial tone (NO DIALTONE)"],
    ["0004", "LINK_REFUSED", "there was no carrier (NO CARRIER)"],
  ])
    check(`modem: ${number} ends in ${code}`, async () => {
      const error = await dial(number).catch((thrown) => thrown);
      must(error.code === code && error.message.includes(words), String(error.message));
      return error.message;
    });

  check("modem: a carrier that falls ends the link", async () => {
    const { bytes, end } = await dial("0005");
    const lost = await within(20_000, bytes.next(), "the end of the call").then(
      () => bytes.next().catch((error) => error),
      (error) => error,
    );
    await end();
    must(/the carrier fell$/.test(lost.message), String(lost.message));
    return lost.message;
  });

  check("modem: a host that prints NO CARRIER ends nothing", async () => {
    const { bytes, end, link } = await dial("5551234");
    await text(bytes, "login: ");
    host.socket.write("\r\nNO CARRIER\r\n");
    await text(bytes, "NO CARRIER");
    await sleep(5000);
    host.socket.write("still here");
    await text(bytes, "still here");
    await link.write(Buffer.from("x"));
    await end();
    return "still connected after 5 s";
  });

  check("modem: a call that a killed process left is hung up, then dialled anew", async () => {
    const { through } = await dial("5551234");
    await through.close();
    const before = host.calls;
    const { bytes, end } = await dial("5551234");
    await text(bytes, "login: ");
    must(host.calls === before + 1, `${host.calls - before} calls`);
    await end();
    return "one new call";
  });

  check("modem: +++ and ATH where DTR does nothing (&D0)", async () => {
    const init = ["ATX4", "AT&C1&D0"];
    const { bytes, book, end } = await dial("5551234", { init });
    await text(bytes, "login: ");
    await end();
    const [{ outcome, text: how }] = book.calls;
    must(
      outcome === "hung-up" && how === "+++ and ATH, and the carrier fell",
      `${outcome}: ${how}`,
    );
    return how;
  });

  check("modem: another speed than the modem's is found and said", async () => {
    const told = [];
    const { bytes, end } = await dial("5551234", { baud: 9600, told });
    await text(bytes, "login: ");
    await end();
    const said = "the modem answers at 115200 baud: set the line to that";
    must(told.includes(said), told.join(", "));
    return said;
  });

  return start;
}
