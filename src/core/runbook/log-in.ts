import type { Millis } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";
import type { ConsoleHands } from "../../sdk/runbook.ts";

/** Whom to log in as. The password is fetched when it is typed, and nowhere kept. */
export interface Credentials {
  readonly user: string;
  readonly password: () => Promise<string>;
}

const LOGIN = /\blogin: *$/;
const PASSWORD = /\b[Pp]assword(?: for [\w.-]{1,64})?: *$/;
const MAINTENANCE =
  /(?:Give root password for|type Control-D for normal startup|press Control-D to continue)[^\n]{0,60}$/;
const SHELL = /(?:^|\n)[^\n]{0,120}[#$%>] ?$/;
const REFUSED = /[Ll]ogin incorrect|[Aa]uthentication failure|Access denied/;

/** Where the console stands: what an Enter brings up. */
export async function logIn(
  hands: ConsoleHands,
  host: string,
  credentials: Credentials | undefined,
  within: Millis,
): Promise<void> {
  await hands.send("\r");
  const shown = await hands.expect([LOGIN, PASSWORD, MAINTENANCE, SHELL], within);
  if (shown.which === 3) {
    await proveShell(hands, host, within);
    return;
  }
  if (!credentials) {
    throw new OobError("SECRET_MISSING", `Cannot log in at ${host}: its entry has no login`, {
      hint: `Add "login: { user: root, secret: NAME }" to hosts.${host}`,
    });
  }
  if (shown.which === 1) {
    // Somebody's half-finished login: an empty password brings the prompt back.
    await hands.send("\r");
    await hands.expect(LOGIN, within);
  }
  if (shown.which !== 2) {
    await hands.send(`${credentials.user}\r`);
    await hands.expect(PASSWORD, within);
  }
  await hands.send(`${await credentials.password()}\r`);
  const after = await hands.expect([REFUSED, SHELL, LOGIN], within);
  if (after.which !== 1) {
    throw new OobError(
      "LOGIN_REFUSED",
      `Cannot log in at ${host} as "${credentials.user}": the host refused`,
      {
        hint: `Check the secret named in hosts.${host}.login`,
      },
    );
  }
  await proveShell(hands, host, within);
}

/** A prompt can be imitated by any text; a command that answers can not. */
async function proveShell(hands: ConsoleHands, host: string, within: Millis): Promise<void> {
  await hands.settle(300, seconds(5)).catch(() => undefined);
  const { status } = await hands.run("true", within);
  if (status !== 0) {
    throw new OobError(
      "RUNBOOK_FAILED",
      `Cannot use the shell at ${host}: "true" ended with ${status}`,
    );
  }
}
