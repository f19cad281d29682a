/** What serial PDUs with a prompt say, after their manuals and recorded screens. */
import {
  asked,
  loggedIn,
  type MockSocketOutlet,
  number,
  type PduSession,
  type SerialPduFamily,
  turn,
} from "./serial-pdu-session.ts";

/** A menu, a prompt below it, a question before it switches. */
export const baytech: SerialPduFamily = {
  idOf: number,
  async run(session) {
    const { setup, faults } = session.pdu;
    session.say("\r\nRPC-3 Series\r\n(C) 2001 by BayTech\r\nF5.01\r\n\r\n");
    if (faults.busy) {
      session.say("Port in use by another user\r\n");
      return;
    }
    const refusal = "Invalid password\r\n\r\n";
    if (!(await loggedIn(session, undefined, "Enter password>", refusal))) return;
    while (setup.login) {
      const chosen = await session.line(
        "\r\n1)...Outlet Control\r\n2)...Manage Users\r\n3)...Configuration\r\n4)...Unit Status\r\n5)...Reset Unit\r\n6)...Logout\r\n\r\nEnter Selection>",
      );
      if (chosen === "1") await baytechPrompt(session);
      else if (chosen === "6") return;
    }
    await baytechPrompt(session);
  },
};

async function baytechPrompt(session: PduSession): Promise<void> {
  for (;;) {
    const [word = "", id = ""] = (await session.line("\r\nRPC-3>")).toLowerCase().split(" ");
    if (word === "menu" || word === "exit") return;
    if (word === "status") await baytechStatus(session);
    else if (word === "on" || word === "off") await baytechTurn(session, id, word === "on");
    else if (word !== "") session.say("\r\nInput error\r\n");
  }
}

async function baytechStatus(session: PduSession): Promise<void> {
  const { outlets } = session.pdu;
  session.say(
    "\r\nAverage Power:      0 Watts       Apparent Power:    17 VA\r\n\r\nTrue RMS Voltage: 120.9 Volts\r\n\r\nInternal Temperature:  29.0 C\r\n\r\nCircuit Breaker: On  \r\n\r\nSelection   Outlet    Outlet   Power\r\n  Number     Name     Number   Status\r\n",
  );
  const rows = outlets.map((outlet, i) => {
    const word = session.pdu.wordOf(outlet, "On", "Off");
    return `${`${i + 1}`.padStart(5)}       ${outlet.name.padEnd(12)}${outlet.id.padStart(4)}       ${word}   \r\n`;
  });
  await session.rows(rows, async () => {
    await session.key("Press any key to continue");
    session.say("\r\n");
  });
}

async function baytechTurn(session: PduSession, id: string, on: boolean): Promise<void> {
  const outlet = session.pdu.outlet(id);
  if (!outlet) {
    session.say("\r\nInvalid outlet\r\n");
    return;
  }
  if (session.pdu.setup.confirms) {
    const which = asked(session, outlet).id;
    const answer = await session.line(`\r\nTurn ${on ? "On" : "Off"} Outlet ${which} (Y/N)?`);
    if (answer.toLowerCase() !== "y") return;
  }
  turn(session, outlet, on);
}

/** A prompt, a table with bars, a question before it switches. */
export const wti: SerialPduFamily = {
  idOf: number,
  async run(session) {
    const { faults } = session.pdu;
    if (faults.busy) {
      session.say("\r\nPort is busy\r\n");
      return;
    }
    session.say("\r\n");
    if (!(await loggedIn(session, undefined, "Enter Password: ", "Invalid Password\r\n"))) return;
    wtiStatus(session);
    for (;;) {
      const [word = "", id = ""] = (await session.line("\r\nNPS> ")).toUpperCase().split(" ");
      if (word === "/X" || word === "/X,Y") return;
      if (word === "/S") wtiStatus(session);
      else if (word === "/ON" || word === "/OFF") await wtiTurn(session, id, word === "/ON");
      else if (word !== "") session.say("\r\nInvalid Command\r\n");
    }
  },
};

function wtiStatus(session: PduSession): void {
  const rule = `-----+${"-".repeat(18)}+${"-".repeat(13)}+--------+-----------------+---------+\r\n`;
  const rows = session.pdu.outlets.map((outlet) => {
    const word = session.pdu.wordOf(outlet, "ON", "OFF");
    return ` ${outlet.id.padEnd(4)}| ${outlet.name.padEnd(17)}| (undefined) |  ${word.padEnd(5)} |     0.5 Secs    |   ON    |\r\n`;
  });
  session.say(
    `\r\nNetwork Power Switch v2.12     Site: (undefined)\r\n\r\nPlug | Name             | Password    | Status | Boot/Seq. Delay | Default |\r\n${rule}${rows.join("")}${rule}`,
  );
}

async function wtiTurn(session: PduSession, id: string, on: boolean): Promise<void> {
  const outlet = session.pdu.outlet(id);
  if (!outlet) {
    session.say("\r\nInvalid Plug\r\n");
    return;
  }
  if (session.pdu.setup.confirms) {
    const which = asked(session, outlet);
    session.say(
      `\r\nPlugs to be turned ${on ? "on" : "off"}\r\n\r\nPlug A${which.id}: ${which.name}\r\n\r\n`,
    );
    const answer = await session.line("Are you sure? (Y/N): ");
    if (answer.toUpperCase() !== "Y") return;
    session.say("Processing - Please wait or <CR> to continue...\r\n");
  }
  turn(session, outlet, on);
  wtiStatus(session);
}

/** A prompt, locks, an answer for each outlet. */
export const cyclades: SerialPduFamily = {
  idOf: number,
  async run(session) {
    const refusal = "\r\nLogin incorrect\r\n";
    session.say("\r\nAlterPath PM (Power Management)\r\n");
    if (!(await loggedIn(session, "\r\nUsername: ", "Password: ", refusal))) return;
    for (;;) {
      const [word = "", id = ""] = (await session.line("pm>")).split(" ");
      if (word === "exit") return;
      if (word === "status") cycladesStatus(session);
      else if (word === "on" || word === "off") cycladesTurn(session, id, word === "on");
      else if (word !== "") session.say("Unknown command.\r\n");
    }
  },
};

function cycladesStatus(session: PduSession): void {
  const { outlets, setup } = session.pdu;
  session.say("Outlet\tName\t\tStatus\t\tUsers\t\tInterval (s)\r\n");
  for (const outlet of outlets) {
    const lock = setup.locked?.includes(outlet.id) ? "Locked" : "Unlocked";
    const state = session.pdu.wordOf(outlet, "ON", "OFF");
    session.say(`${outlet.id}\t${outlet.name}\t\t${lock} ${state}\t\t\t0.50\r\n`);
  }
}

function cycladesTurn(session: PduSession, id: string, on: boolean): void {
  const outlet = session.pdu.outlet(id);
  if (!outlet) session.say("Invalid outlet.\r\n");
  else if (session.pdu.setup.locked?.includes(outlet.id))
    session.say(`${outlet.id}: Outlet is locked.\r\n`);
  else {
    turn(session, outlet, on);
    session.say(`${asked(session, outlet).id}: Outlet turned ${on ? "on" : "off"}.\r\n`);
  }
}

/** A prompt, a table with the state and what it should be, pages. */
export const sentry: SerialPduFamily = {
  idOf: (position) => `.A${"ABC"[Math.floor((position - 1) / 8)]}${((position - 1) % 8) + 1}`,
  async run(session) {
    session.say("\r\nSentry Switched CDU Version 6.0r\r\n");
    const refusal = "\r\nInvalid login\r\n";
    if (!(await loggedIn(session, "\r\nUsername: ", "Password: ", refusal))) return;
    for (;;) {
      const [word = "", id = ""] = (await session.line("\r\nSwitched CDU: ")).split(" ");
      if (word === "logout") return;
      if (word === "status") await sentryTable(session, session.pdu.outlets);
      else if (word === "on" || word === "off") {
        const outlet = session.pdu.outlet(id);
        if (outlet) {
          turn(session, outlet, word === "on");
          await sentryTable(session, [asked(session, outlet)]);
        } else session.say("\r\n   Invalid outlet\r\n");
      } else if (word !== "") session.say("\r\n   Invalid command\r\n");
    }
  },
};

async function sentryTable(session: PduSession, outlets: readonly MockSocketOutlet[]) {
  session.say(
    "\r\n   Outlet   Outlet                    Outlet      Control\r\n   ID       Name                      State       State\r\n\r\n",
  );
  const rows = outlets.map((outlet) => {
    const state = session.pdu.wordOf(outlet, "On", "Off");
    return `   ${outlet.id.padEnd(8)} ${outlet.name.padEnd(25)} ${state.padEnd(11)} ${outlet.on ? "On" : "Off"}\r\n`;
  });
  await session.rows(rows, async () => {
    const key = await session.key("\r\n   More (Y/es N/o): ");
    session.say(`${key.trim()}\r\n\r\n`);
  });
  session.say("\r\n   Command successful\r\n");
}

const RPS_KEYS = /\x02\x18\x18\x02\x18\x18([\d*])([01?])$/;

/** No login, no prompt: a line of control codes, and what each module answers. */
export const rps: SerialPduFamily = {
  idOf: (position) => String(position - 1),
  async run(session) {
    session.say("RPS-10 Ready\r\n");
    for (;;) {
      const [, id = "", act] = RPS_KEYS.exec(await session.line("", false)) ?? [];
      for (const outlet of session.pdu.outlets.filter((one) => id === "*" || one.id === id)) {
        if (act !== "?") turn(session, outlet, act === "1");
        const which = act === "?" ? outlet : asked(session, outlet);
        session.say(`Plug ${which.id} ${session.pdu.wordOf(which, "On", "Off")}\r\n`);
      }
      if (id !== "") session.say("Complete\r\n");
    }
  },
};
