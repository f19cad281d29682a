/**
 * Other models of the families, as far as public scripts for them tell what they say: their rows, their words, and that
 * some take the first command after a pause for noise.
 */
import {
  loggedIn,
  type MockSocketOutlet,
  number,
  type PduSession,
  type SerialPduFamily,
  turn,
} from "./serial-pdu-session.ts";

/** A BayTech without users: a prompt, a plain list, no question. */
interface Plain {
  readonly prompt: string;
  readonly row: (outlet: MockSocketOutlet, state: string) => string;
  /** What is typed before it was woken by Enter is lost. */
  readonly sleeps?: boolean;
}

function plain({ prompt, row, sleeps = false }: Plain): SerialPduFamily {
  return {
    idOf: number,
    async run(session) {
      let awake = !sleeps;
      for (;;) {
        const typed = (await session.line(`\r\n${prompt}`)).trim().toLowerCase();
        if (awake && typed === "exit") return;
        if (awake) obey(session, typed, row);
        awake = !sleeps || typed === "";
      }
    },
  };
}

function obey(session: PduSession, typed: string, row: Plain["row"]): void {
  const [word, id = ""] = typed.split(" ");
  const outlet = session.pdu.outlet(id);
  if (word === "status")
    for (const one of session.pdu.outlets)
      session.say(row(one, session.pdu.wordOf(one, "On", "Off")));
  else if ((word === "on" || word === "off") && outlet) turn(session, outlet, word === "on");
  else if (word !== "") session.say("\r\nInput error\r\n");
}

/** RPC3-NC, F4.00. */
export const baytechNc = plain({
  prompt: "RPC3-NC>",
  row: ({ id }, state) => `Outlet  ${id.padEnd(8)}: ${state}\r\n`,
});
/** RPC-28, F3.01: wants Enter before each command. */
export const baytechRpc28 = plain({
  prompt: "RPC-28A>",
  row: ({ id }, state) => `Outlet ${id.padStart(2)}       : ${state}\r\n`,
  sleeps: true,
});
/** RPC-18, F3.01. */
export const baytechRpc18 = plain({
  prompt: "RPC-18>",
  row: ({ id, name }, state) => `${id})...${name.padEnd(12)} : ${state}\r\n`,
  sleeps: true,
});

/** What tells the menus of a MasterSwitch plus from each other. */
interface Plus {
  readonly console: readonly string[];
  /** Menus between the first one and the outlets. */
  readonly between: readonly (readonly string[])[];
  readonly acts: readonly string[];
  readonly success: string;
}

function plus({ console, between, acts, success }: Plus): SerialPduFamily {
  return {
    idOf: number,
    escapes: true,
    async run(session) {
      if (await loggedIn(session, "\r\nUser Name : ", "Password  : ", ""))
        await levels(session, [console, ...between], () => outlets(session, { acts, success }));
    },
  };
}

/** One path down: what each level says, and 1 goes on; 4 in the first one is the way out. */
async function levels(
  session: PduSession,
  menus: readonly (readonly string[])[],
  below: () => Promise<void>,
): Promise<void> {
  for (let level = 0; ; ) {
    const chosen = await shown(session, menus[level] ?? []);
    if (chosen === "4" && level === 0) return;
    if (chosen === "\x1b") level = Math.max(0, level - 1);
    else if (chosen === "1" && level + 1 < menus.length) level++;
    else if (chosen === "1") await below();
  }
}

function shown(session: PduSession, lines: readonly string[]): Promise<string> {
  for (const line of lines) session.say(`${line}\r\n`);
  return session.line("\r\n     <ESC>- Back, <ENTER>- Refresh\r\n> ");
}

const title = (text: string) => `\r\n------- ${text} ${"-".repeat(40)}\r\n`;

async function outlets(session: PduSession, how: Pick<Plus, "acts" | "success">) {
  for (;;) {
    const rows = session.pdu.outlets.map(
      (outlet) =>
        `     ${outlet.id}- ${outlet.name.padEnd(20)} ${session.pdu.wordOf(outlet, "ON", "OFF")}`,
    );
    const chosen = await shown(session, [title("MasterSwitch plus 1"), ...rows]);
    if (chosen === "\x1b") return;
    const outlet = session.pdu.outlet(chosen);
    if (!outlet) continue;
    const about = [title(outlet.name), `     Outlet       : ${outlet.id}`];
    while ((await shown(session, [...about, "     1- Control Outlet"])) === "1")
      await control(session, outlet, how);
  }
}

async function control(
  session: PduSession,
  outlet: MockSocketOutlet,
  { acts, success }: Pick<Plus, "acts" | "success">,
): Promise<void> {
  const lines = acts.map((act, i) => `     ${i + 1}- ${act}`);
  for (;;) {
    const chosen = await shown(session, [
      title("Control Outlet"),
      `     Outlet       : ${outlet.id}`,
      ...lines,
    ]);
    if (chosen === "\x1b") return;
    const act = acts[Number(chosen) - 1];
    if (!/^Immediate O|^Cancel/.test(act ?? "")) continue;
    const which = `outlet ${outlet.id} named '${outlet.name}'`;
    session.say(`\r\n     ${act}\r\n     ${which}\r\n`);
    if ((await session.line("     Enter 'YES' to continue or <ENTER> to cancel : ")) !== "YES")
      continue;
    if (act !== "Cancel") turn(session, outlet, act === "Immediate On");
    session.say(`     ${success}\r\n`);
    await session.line("");
  }
}

const CONSOLE = [title("Control Console"), "     1- Device Manager", "     4- Logout"];
const ACTS = ["Immediate On", "Immediate Off", "Immediate Reboot", "Delayed On", "Delayed Off"];

/** MasterSwitch plus, APP v2.0.0: a level more, off is 3, and Success without a word of Enter. */
export const apcPlus = plus({
  console: CONSOLE,
  between: [[title("Device Manager"), "     1- MasterSwitch plus 1"]],
  acts: [
    ...["Immediate On", "Delayed On", "Immediate Off", "Delayed Off"],
    ...["Immediate Reboot", "Delayed Reboot", "Sequenced Reboot", "Cancel"],
  ],
  success: "Success",
});
/** MasterSwitch plus, APP v2.2.0. */
export const apcNew = plus({
  console: CONSOLE,
  between: [],
  acts: [...ACTS, "Cancel"],
  success: "Command successfully issued.",
});
