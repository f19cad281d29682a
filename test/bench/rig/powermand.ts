import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sleep } from "./bench-server.ts";
import { freePort } from "./servers.ts";

const SERVER = "/usr/sbin/powermand";
const CLIENT = "/usr/bin/powerman";
const SCRIPT = "/etc/powerman/baytech.dev";
const CONNECTED_WITHIN = 20_000;

/** Debian's powerman with one serial PDU behind a TCP port. */
export class Powermand {
  readonly #server: ChildProcess;
  readonly #port: number;

  private constructor(server: ChildProcess, port: number) {
    this.#server = server;
    this.#port = port;
  }

  /** undefined where it is not installed. */
  static async start(folder: string, pdu: number): Promise<Powermand | undefined> {
    if (![SERVER, CLIENT, SCRIPT].every((path) => existsSync(path))) return undefined;
    const port = await freePort();
    const file = join(folder, "powerman.conf");
    writeFileSync(
      file,
      `include "${SCRIPT}"\nlisten "127.0.0.1:${port}"\ndevice "b" "baytech" "127.0.0.1:${pdu}"\nnode "b[1-8]" "b" "[1-8]"\n`,
    );
    const server = spawn(SERVER, ["-f", "-c", file], { stdio: "ignore" });
    const made = new Powermand(server, port);
    const until = performance.now() + CONNECTED_WITHIN;
    while (!(await made.#connected())) {
      if (performance.now() > until) throw new Error("powermand does not get to its PDU");
      await sleep(200);
    }
    return made;
  }

  /** The command for outlet 3: -0 is off, -1 on. */
  act(flag: "-0" | "-1"): readonly string[] {
    return [CLIENT, "-h", `127.0.0.1:${this.#port}`, flag, "b3"];
  }

  async close(): Promise<void> {
    if (this.#server.exitCode !== null) return;
    this.#server.kill("SIGKILL");
    await once(this.#server, "exit");
  }

  /** Not while this process waits: the PDU is in it. */
  async #connected(): Promise<boolean> {
    const child = spawn(CLIENT, ["-h", `127.0.0.1:${this.#port}`, "-q"]);
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    await once(child, "close");
    return /unknown: *$/m.test(text);
  }
}
