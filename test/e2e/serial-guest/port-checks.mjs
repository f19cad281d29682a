/*
 * `oob port` on real UARTs: a null modem cable that spoils bytes between ends of different speeds, and a 16550 (whose
 * far end has no speed, so that text comes at the first one tried).
 */
import { spawn } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { DCE } from "./modem-checks.mjs";
import { oob, SHARED } from "./product.mjs";

const [NEAR, FAR, UART] = ["/dev/ttyNM6", "/dev/ttyNM7", "/dev/ttyS1"];
/** What peer.py prints at the far end of the 16550, as long as this file is there. */
const PRINTED = `${SHARED}/print`;

async function printing(baud, run) {
  const child = spawn("python3", ["printer.py", FAR, String(baud)], { stdio: "inherit" });
  try {
    return await run();
  } finally {
    child.kill();
  }
}

/** Adds the checks. `tools`: what guest.mjs has for its own. */
export function addPortChecks({ check, must, far }) {
  check("oob port scan: 9600 baud on the null modem, and a 16550 beside it", () =>
    printing(9600, async () => {
      writeFileSync(PRINTED, "FreeBSD/amd64 (db1) (ttyu0)\r\n\r\nlogin: ");
      const { stdout, stderr } = await oob("port", "scan", NEAR, UART, "--for", "3s", "--json");
      rmSync(PRINTED);
      must(stdout.startsWith("{"), stderr);
      const { ports } = JSON.parse(stdout);
      const [cable, uart] = ports.map(({ device, baud }) => `${device} ${baud}`);
      const seen = `${cable}, ${uart}; ${JSON.stringify(ports[0].heard)}`;
      must(cable === `${NEAR} 9600` && uart === `${UART} 115200`, seen);
      const looks = ports[0].heard.map((one) => `${one.baud} ${one.looks}`).join(", ");
      must(looks === "115200 rubbish, 9600 text", seen);
      return seen;
    }),
  );

  check("oob port identify: 115200 baud, with an entry to copy", () =>
    printing(115_200, async () => {
      const { code, stdout, stderr } = await oob("port", "identify", NEAR, "--for", "2s");
      must(code === 0, stderr);
      must(/115200 baud: text, 100 % of \d+ bytes/.test(stdout), stdout);
      must(/\| \[ +\d+\.\d{6}\] eth0: link is up, 1000 Mbps, full duplex/.test(stdout), stdout);
      const entry = `console: { driver: serial, path: ${NEAR}, baud: 115200 }`;
      must(stdout.includes(entry), stdout);
      return entry;
    }),
  );

  check("oob port test: modem lines, BREAK, and all bytes round a plug", async () => {
    writeFileSync(DCE, "0");
    await far({ do: "open", path: FAR });
    await far({ do: "drive", dtr: true, rts: false });
    const lines = await oob("port", "test", NEAR);
    must(
      /CTS down, DSR up, DCD up\n.*carries BREAK/.test(lines.stdout),
      lines.stdout + lines.stderr,
    );
    await far({ do: "drive", dtr: true, rts: true });
    // The far end of this one echoes.
    const round = await oob("port", "test", UART, "--loopback");
    must(/all 256 bytes came back/.test(round.stdout), round.stdout + round.stderr);
    return lines.stdout.trim().replaceAll(/\s*\n\s*/g, ", ");
  });
}
