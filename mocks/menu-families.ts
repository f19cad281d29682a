/** What console servers of some families say, after their manuals. */
import type { ConsoleLine } from "./telnet-console-server.ts";

/** A port of the server. */
export interface MenuPort {
  readonly name: string;
  readonly line: ConsoleLine;
  /** Somebody else who has it. */
  busy?: string | undefined;
}

/** One client, as a family talks to it. */
export interface MenuSession {
  readonly server: { readonly name: string; readonly ports: readonly MenuPort[] };
  say(text: string): void;
  /** A line that the client types behind a prompt. */
  line(prompt: string, echo?: boolean): Promise<string>;
  /** Asks for the login of the server; false: refused. */
  login(name: string, password: string): Promise<boolean>;
  /** Connects to the port until the family's escape keys come, or the server ends it. */
  attach(port: MenuPort): Promise<void>;
}

/** A family: its dialogue from the first prompt to the end of the session, and the keys that leave a port. */
export interface MenuFamily {
  readonly escape?: string;
  run(session: MenuSession): Promise<void>;
}

const NAMES_A_ROW = 4;

function portNumber(session: MenuSession, text: string): MenuPort | undefined {
  const named = session.server.ports.find((port) => port.name === text);
  return named ?? session.server.ports[/^\d+$/.test(text) ? Number(text) - 1 : -1];
}

/** Three tries of a login, as getty gives them. */
async function loggedIn(session: MenuSession, name: string, refusal: string): Promise<boolean> {
  for (let tries = 0; tries < 3; tries++) {
    if (await session.login(name, "Password: ")) return true;
    session.say(refusal);
  }
  return false;
}

/** ts_menu: a table of names, a number to choose one, a menu of its own at a busy port. No way back but hanging up. */
const cyclades: MenuFamily = {
  async run(session) {
    const { ports, name } = session.server;
    if (!(await loggedIn(session, `\r\n${name} login: `, "\r\nLogin incorrect\r\n"))) return;
    for (;;) {
      session.say(
        "\r\n Serial Console Server Connection Menu for your Master Terminal Server\r\n\r\n",
      );
      for (let at = 0; at < ports.length; at += NAMES_A_ROW) {
        const row = ports.slice(at, at + NAMES_A_ROW);
        const cells = row.map((port, i) =>
          `${`${at + i + 1}`.padStart(2)} ${port.name}`.padEnd(17),
        );
        session.say(`${cells.join("")}\r\n`);
      }
      const chosen = await session.line(
        `\r\n Type 'q' to quit, a valid option[1-${ports.length}], or anything else to refresh : `,
      );
      if (chosen === "q") return;
      const port = ports[Number(chosen) - 1];
      if (port && (await cycladesFree(session, port, Number(chosen)))) await session.attach(port);
    }
  },
};

/** Whether the client gets the port: somebody may be there, and an administrator may kill that session. */
async function cycladesFree(session: MenuSession, port: MenuPort, n: number): Promise<boolean> {
  while (port.busy !== undefined) {
    session.say(`*\r\n* * * ttyS${n} is being used by (${port.busy}) !!!\r\n*\r\n`);
    session.say("1 - Initiate a regular session\r\n2 - Initiate a sniff session\r\n");
    session.say("3 - Send messages to another user\r\n4 - Kill session(s)\r\n5 - Quit\r\n");
    const option = await session.line("Enter your option : ");
    if (option === "5") return false;
    if (option === "1") return true;
    if (option !== "4") continue;
    session.say(`PID 1234 ${port.busy}\r\n`);
    if ((await session.line("Enter the PID to kill, or all : ")) !== "all") continue;
    port.busy = undefined;
    return (
      (await session.line("1 - Initiate a regular session\r\n5 - Quit\r\nEnter your option : ")) ===
      "1"
    );
  }
  return true;
}

/** A command line, one attempt to log in. */
const mrv: MenuFamily = {
  async run(session) {
    if (!(await session.login("\r\nLogin: ", "Password: "))) {
      session.say("\r\nLogin incorrect\r\n");
      return;
    }
    for (;;) {
      const words = (await session.line("\r\nInReach:0 >")).split(" ");
      if (words[0] === "exit") return;
      if (words.slice(0, 3).join(" ") !== "connect port async") {
        session.say("Syntax Error\r\n");
        continue;
      }
      const port = session.server.ports[Number(words[3]) - 1];
      if (!port) session.say("Error: invalid port\r\n");
      else if (port.busy !== undefined) session.say(`Port is in use by ${port.busy}\r\n`);
      else await session.attach(port);
    }
  },
};

/** A command line that knows names, and Esc A to come back to it. */
const slc: MenuFamily = {
  escape: "\x1bA",
  async run(session) {
    if (!(await loggedIn(session, "\r\nlogin: ", "\r\nInvalid login or password\r\n"))) return;
    session.say("\r\nWelcome to the SLC\r\n");
    for (;;) {
      const line = await session.line("[slc0a1b]> ");
      if (line === "logout") return;
      const wanted = /^connect direct deviceport (\S+)$/.exec(line)?.[1];
      if (line === "" || wanted === undefined) continue;
      const port = portNumber(session, wanted);
      if (!port) session.say("Invalid device port.\r\n");
      else if (port.busy !== undefined) session.say("Device port is in use.\r\n");
      else await session.attach(port);
      session.say("\r\n");
    }
  },
};

/** A shell from which pmshell is started; several people may be on a port. */
const opengear: MenuFamily = {
  escape: "~.",
  async run(session) {
    const { ports, name } = session.server;
    if (!(await loggedIn(session, `\r\n${name} login: `, "\r\nLogin incorrect\r\n"))) return;
    for (;;) {
      const line = await session.line(`admin@${name}:~$ `);
      if (line === "exit") return;
      if (line !== "pmshell") continue;
      session.say("\r\n");
      session.say(ports.map((port, i) => `${i + 1}: ${port.name}`.padEnd(24)).join(""));
      const chosen = portNumber(session, await session.line("\r\n\r\nConnect to port > "));
      if (chosen) await session.attach(chosen);
    }
  },
};

/** By the name of their profile. */
export const MENU_FAMILIES = {
  "cyclades-ts": cyclades,
  "mrv-lx": mrv,
  lantronix: slc,
  "opengear-pmshell": opengear,
} as const satisfies Readonly<Record<string, MenuFamily>>;
