import { type ChildProcess, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * A BMC: OpenIPMI's ipmi_sim, IPMI 2.0 over UDP on loopback, whose serial-over-LAN is a telnet port, such as a
 * machine's in QEMU, or whose chassis is a program.
 */
export class Bmc {
  readonly user = "jana";
  readonly password = "l0oks-fine";
  readonly port: number;
  readonly #folder = mkdtempSync(join(tmpdir(), "oob-bmc-"));
  readonly #process: ChildProcess;

  private constructor(port: number, lines: readonly string[], guid: string) {
    this.port = port;
    mkdirSync(join(this.#folder, "state"));
    writeFileSync(
      join(this.#folder, "lan.conf"),
      [
        'name "bmc"',
        "set_working_mc 0x20",
        "startlan 1",
        `addr 127.0.0.1 ${port}`,
        "priv_limit admin",
        ...["callback", "user", "operator", "admin"].map(
          (level) => `allowed_auths_${level} none md2 md5 straight`,
        ),
        `guid ${guid}`,
        "endlan",
        ...lines,
        'user 1 false "" "" user 10 none md2 md5 straight',
        `user 2 true "${this.user}" "${this.password}" admin 10 none md2 md5 straight`,
        "",
      ].join("\n"),
    );
    writeFileSync(
      join(this.#folder, "commands"),
      [
        "mc_setbmc 0x20",
        "mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr",
        "sel_enable 0x20 1000 0x0a",
        "mc_enable 0x20",
        "",
      ].join("\n"),
    );
    const log = openSync(join(this.#folder, "log"), "a");
    const path = (name: string) => join(this.#folder, name);
    this.#process = spawn(
      "ipmi_sim",
      ["-c", path("lan.conf"), "-f", path("commands"), "-s", path("state"), "-n"],
      { stdio: ["ignore", log, log] },
    );
    closeSync(log);
  }

  /** Starts it; whoever serves the serial port must do so already. */
  static start(serialPort: number): Promise<Bmc> {
    return Bmc.with([`sol "telnet:127.0.0.1:${serialPort}" 115200`]);
  }

  /** Starts one whose configuration has these lines besides: chassis_control, startcmd. */
  static async with(
    lines: readonly string[],
    { guid = "00112233445566778899aabbccddeeff", port = 0 } = {},
  ): Promise<Bmc> {
    const bmc = new Bmc(port || (await freeUdpPort()), lines, guid);
    await bmc.#answers();
    return bmc;
  }

  dispose(): void {
    this.#process.kill("SIGKILL");
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Waits for the answer to an ASF presence ping, which every IPMI LAN interface gives. */
  async #answers(): Promise<void> {
    const ping = Buffer.from("0600ff06000011be80000000", "hex");
    const socket = createSocket("udp4");
    try {
      for (let tries = 0; tries < 100; tries++) {
        socket.send(ping, this.port, "127.0.0.1");
        const answered = await new Promise<boolean>((resolve) => {
          const timer = setTimeout(() => resolve(false), 200);
          socket.once("message", () => {
            clearTimeout(timer);
            resolve(true);
          });
        });
        if (answered) return;
      }
    } finally {
      socket.close();
    }
    throw new Error("ipmi_sim does not answer");
  }
}

/** A UDP port below the range of outgoing traffic, free at this moment. */
async function freeUdpPort(): Promise<number> {
  for (let port = 16_000 + Math.floor(Math.random() * 12_000); port < 32_000; port++) {
    const socket = createSocket("udp4");
    const free = await new Promise<boolean>((resolve) => {
      socket.once("error", () => resolve(false));
      socket.bind(port, "127.0.0.1", () => resolve(true));
    });
    if (free) await new Promise<void>((resolve) => socket.close(resolve));
    if (free) return port;
  }
  throw new Error("no free UDP port");
}
