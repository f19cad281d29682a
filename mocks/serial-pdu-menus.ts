/** What the menus of APC say, after its manual and recorded screens. */
import {
  asked,
  loggedIn,
  type MockSocketOutlet,
  number,
  type PduSession,
  type SerialPduFamily,
  turn,
} from "./serial-pdu-session.ts";

/** Menus with numbers, ESC to go up, YES to confirm. */
export const apc: SerialPduFamily = {
  idOf: number,
  escapes: true,
  async run(session) {
    const { faults } = session.pdu;
    if (faults.busy) return;
    if (!(await loggedIn(session, "\r\n\rUser Name : ", "\rPassword  : ", ""))) return;
    session.say("\r\nAmerican Power Conversion       Network Management Card AOS      v3.7.0\r\n");
    for (;;) {
      const chosen = await menu(session, "Control Console", [
        "1- Device Manager",
        "2- Network",
        "3- System",
        "4- Logout",
      ]);
      if (chosen === "4") return;
      if (chosen === "1") await apcManager(session);
    }
  },
};

async function menu(session: PduSession, title: string, lines: readonly string[]) {
  session.say(`\r\n------- ${title} ${"-".repeat(Math.max(7, 56 - title.length))}\r\n\r\n`);
  await session.rows(
    lines.map((line) => `    ${line}\r\n`),
    async () => {
      await session.line("Press <ENTER> to continue...");
    },
  );
  return session.line("\r\n    ?- Help, <ESC>- Back, <ENTER>- Refresh, <CTRL-L>- Event Log\r\n> ");
}

/** A menu that is drawn until ESC. */
async function menus(
  session: PduSession,
  title: string,
  lines: () => readonly string[],
  choose: (chosen: string) => Promise<void>,
): Promise<void> {
  for (;;) {
    const chosen = await menu(session, title, lines());
    if (chosen === "\x1b") return;
    await choose(chosen);
  }
}

const apcManager = (session: PduSession): Promise<void> =>
  menus(
    session,
    "Device Manager",
    () => ["1- Bank Management", "2- Outlet Management", "3- Power Supply Status"],
    async (chosen) => {
      if (chosen !== "2") return;
      const lines = () => ["1- Outlet Control/Configuration", "2- Outlet Restriction"];
      await menus(session, "Outlet Management", lines, async (item) => {
        if (item === "1") await apcOutlets(session);
      });
    },
  );

function apcOutlets(session: PduSession): Promise<void> {
  const { outlets } = session.pdu;
  const lines = () => [
    ...outlets.map(
      (outlet) =>
        `${`${outlet.id}-`.padStart(3)} ${outlet.name.padEnd(24)} ${session.pdu.wordOf(outlet, "ON", "OFF")}`,
    ),
    `${outlets.length + 1}- Master Control/Configuration`,
  ];
  return menus(session, "Outlet Control/Configuration", lines, async (chosen) => {
    const outlet = session.pdu.outlet(chosen);
    if (outlet) await apcOutlet(session, outlet);
  });
}

function apcOutlet(session: PduSession, outlet: MockSocketOutlet): Promise<void> {
  const about = () => [
    `    Name         : ${outlet.name}`,
    `    Outlet       : ${outlet.id}`,
    `    State        : ${session.pdu.wordOf(outlet, "ON", "OFF")}`,
    "",
  ];
  const lines = () => [...about(), "1- Control Outlet", "2- Configure Outlet"];
  const acts = ["On", "Off", "Reboot"].map((act, i) => `${i + 1}- Immediate ${act}`);
  return menus(session, outlet.name, lines, async (item) => {
    if (item !== "1") return;
    const more = ["4- Delayed On", "5- Delayed Off", "6- Delayed Reboot", "7- Cancel"];
    const all = () => [...about(), ...acts, ...more];
    await menus(session, "Control Outlet", all, (act) => apcAct(session, outlet, act));
  });
}

async function apcAct(session: PduSession, outlet: MockSocketOutlet, act: string) {
  const name = { 1: "Immediate On", 2: "Immediate Off", 7: "Cancel" }[act];
  if (name === undefined) return;
  const { id, name: called } = asked(session, outlet);
  session.say(
    `\r\n        ${name}\r\n\r\n        This command will immediately act on\r\n        outlet ${id} named '${called}'.\r\n\r\n`,
  );
  const answer = await session.line("        Enter 'YES' to continue or <ENTER> to cancel : ");
  if (answer !== "YES") return;
  if (act !== "7") turn(session, outlet, act === "1");
  session.say("        Command successfully issued.\r\n");
  await session.line("        Press <ENTER> to continue...");
}
