import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { ROOT } from "./tools.ts";

/** A command that a person would type to stand at a console, and what the probe must know of it. */
export interface Client {
  readonly command: readonly string[];
  /** Text on the terminal that says: attached. */
  readonly ready: string;
  /** Keys that show the last lines, where the client does not by itself. */
  readonly replay?: string;
  readonly quit: string;
}

/** A console server with N raw TCP consoles, logs on, ready to be started. */
export interface ServerSetup {
  readonly command: readonly string[];
  readonly client: (console: string) => Client;
  readonly logOf: (console: string) => string;
}

/** A kind of console server. */
export interface ServerKind {
  readonly name: string;
  /** Command and argument that tell whether it is installed. */
  readonly version: readonly [program: string, argument: string];
  readonly setUp: (folder: string, ports: readonly number[]) => Promise<ServerSetup>;
}

export const consoleName = (index: number): string => `c${String(index).padStart(5, "0")}`;

/** Ours, of this checkout or another one: every console is watched. */
export const oob = (name = "oob", root = ROOT): ServerKind => ({
  name,
  version: [process.execPath, "--version"],
  async setUp(folder, ports) {
    const program = [process.execPath, join(root, "bin/oob.js")];
    const file = join(folder, "oob.yaml");
    const state = join(folder, "state");
    const hosts = ports.map(
      (port, index) =>
        `  ${consoleName(index)}:\n    console: { driver: tcp, host: 127.0.0.1, port: ${port} }\n    watch: observe\n`,
    );
    const places = `state: ${state}\nruntime: ${join(folder, "run")}\n`;
    writeFileSync(file, `${places}hosts:\n${hosts.join("")}`);
    return {
      command: [...program, "serve", "--config", file],
      client: (console) => ({
        command: [...program, "attach", "--config", file, console],
        ready: "help: ^]",
        quit: "\\x1d.",
      }),
      logOf: (console) => join(state, "console", console, "current.raw"),
    };
  },
});

/** Debian's conserver as it comes, without TLS: 16 consoles a process. */
export const conserver: ServerKind = {
  name: "conserver",
  version: ["conserver", "-V"],
  async setUp(folder, ports) {
    const logs = join(folder, "logs");
    mkdirSync(logs);
    const port = await freePort();
    const lines = [
      `config * { primaryport ${port}; defaultaccess trusted; sslrequired no; }`,
      `default * { logfile ${logs}/&.log; rw *; master localhost; timestamp ""; }`,
      "access * { trusted 127.0.0.1; }",
      ...ports.map(
        (to, index) =>
          `console ${consoleName(index)} { type host; host 127.0.0.1; port ${to}; protocol raw; }`,
      ),
    ];
    const file = join(folder, "conserver.cf");
    const passwords = join(folder, "conserver.passwd");
    writeFileSync(file, `${lines.join("\n")}\n`);
    writeFileSync(passwords, "*any*:\n");
    const where = ["-E", "-M", "127.0.0.1", "-p", `${port}`];
    return {
      command: ["conserver", "-C", file, "-P", passwords, ...where],
      client: (console) => ({
        command: ["console", "-n", ...where, "-l", "bench", "-A", "-f", console],
        ready: "help]",
        quit: "\\x05c.",
      }),
      logOf: (console) => join(logs, `${console}.log`),
    };
  },
};

/** Debian's ConMan: one process, which reads whatever has come. Its TCP consoles speak telnet. */
export const conman: ServerKind = {
  name: "conman",
  version: ["conmand", "-V"],
  async setUp(folder, ports) {
    const logs = join(folder, "logs");
    mkdirSync(logs);
    const port = await freePort();
    const lines = [
      `server port=${port}`,
      "server loopback=on",
      "server keepalive=on",
      `server pidfile="${folder}/conman.pid"`,
      `server logdir="${logs}"`,
      `global log="%N.log"`,
      ...ports.map((to, index) => `console name="${consoleName(index)}" dev="127.0.0.1:${to}"`),
    ];
    const file = join(folder, "conman.conf");
    writeFileSync(file, `${lines.join("\n")}\n`);
    return {
      command: ["conmand", "-F", "-c", file],
      client: (console) => ({
        command: ["conman", "-d", `127.0.0.1:${port}`, "-f", console],
        ready: "opened",
        replay: "&L",
        quit: "&.",
      }),
      logOf: (console) => join(logs, `${console}.log`),
    };
  },
};

/** A port that is free at this moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}
