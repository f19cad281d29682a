import type { Millis } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";
import {
  ANY_PASSWORD_PROMPT,
  LOGIN_PROMPT,
  LOGIN_REFUSED,
  MAINTENANCE_PROMPT,
  PASSPHRASE_PROMPT,
  PASSWORD_PROMPT,
  ROOT_LOCKED,
  SHELL_PATH_PROMPT,
  SHELL_PROMPT,
} from "../../sdk/prompts.ts";
import type { CommandResult, ConsoleHands, Expected } from "../../sdk/runbook.ts";

/** Whom to log in as. The password is fetched when it is typed. */
export interface Credentials {
  readonly user: string;
  readonly password: () => Promise<string>;
}

/** What logging in needs of a console. */
export interface LoginHands extends ConsoleHands {
  readonly host: string;
  /** Whether the host's text ends in this now. */
  endsIn(pattern: RegExp): boolean;
  /** run() for a shell that is not proven yet: nothing is asked of it before. */
  runPlain(command: string, within?: Millis): Promise<CommandResult>;
  /** The boot loader that stands on the screen, and no prompt behind it. */
  loaderShown(): Promise<string | undefined>;
}

const PROMPTS = [LOGIN_PROMPT, PASSWORD_PROMPT, MAINTENANCE_PROMPT, SHELL_PROMPT] as const;
const STANDS = ["login", "password", "maintenance", "shell"] as const;
type Stand = (typeof STANDS)[number];

/** Takes back what somebody left half typed (end of line, kill it): Enter alone would run it. */
const CLEAN = "\x05\x15";
const ASK_EVERY = seconds(5);
/** A password takes its time to be checked. At sulogin the next prompt would take Enter for "go on". */
const DRAW_AGAIN = seconds(10);
const DRAW_AGAIN_LATE = seconds(25);
/** Typed where a password belongs, to see whether the host shows it. */
const PROBE = "x";
const ECHO_WITHIN = seconds(1.5);
const ECHO_TRIES = 5;
/** Kernels print their last lines about when the first prompt comes: one of them holds the letter many times. */
const QUIET = seconds(0.5);
const QUIET_WITHIN = seconds(5);

/**
 * Ends in a shell that answers. Says at which prompt it logged in; "shell": it stood open. `typed`: the password is being
 * typed at this prompt, and whatever goes wrong from there on may leave somebody logged in.
 */
export async function logIn(
  hands: LoginHands,
  credentials: Credentials | undefined,
  within: Millis,
  typed: (at: Stand) => void = () => undefined,
): Promise<Stand> {
  // Enter at sulogin's prompt is an empty password, which some take for "go on to multi-user".
  const stand = hands.endsIn(MAINTENANCE_PROMPT) ? "maintenance" : await call(hands, within);
  if (stand === "shell") {
    await proveShell(hands, within);
    return stand;
  }
  if (!credentials) {
    throw new OobError("SECRET_MISSING", `Cannot log in at ${hands.host}: its entry has no login`, {
      hint: `Add "login: { user: root, secret: NAME }" to hosts.${hands.host}`,
    });
  }
  if (stand === "password") {
    // Somebody's half-finished login: an empty password brings the prompt back.
    await hands.send(`${CLEAN}\r`);
    await hands.expect(LOGIN_PROMPT, within, "a login prompt");
  }
  if (stand !== "maintenance") {
    await hands.send(`${CLEAN}${credentials.user}\r`);
    const prompts = [PASSWORD_PROMPT, ANY_PASSWORD_PROMPT];
    await hands.expect(prompts, within, "the password prompt");
  }
  await typeSecret(hands, await credentials.password(), () => typed(stand));
  const after = await heardAfter(hands, stand, within);
  if (after.which === 3) {
    // init of a BSD: Enter takes the shell that it proposes.
    await hands.send("\r");
    await hands.expect(SHELL_PROMPT, within, "the shell of single-user mode");
  } else if (after.which !== 2) {
    throw new OobError(
      "LOGIN_REFUSED",
      `Cannot log in at ${hands.host} as "${stand === "maintenance" ? "root" : credentials.user}": ` +
        (after.which === 1 ? "the root account is locked" : "the host refused"),
      { hint: `Check the secret named in hosts.${hands.host}.login` },
    );
  }
  await proveShell(hands, within);
  return stand;
}

/** What the password brought. A prompt behind which others have printed is drawn again. */
async function heardAfter(hands: LoginHands, stand: Stand, within: Millis): Promise<Expected> {
  const patterns = [LOGIN_REFUSED, ROOT_LOCKED, SHELL_PROMPT, SHELL_PATH_PROMPT, LOGIN_PROMPT];
  const every = stand === "maintenance" ? DRAW_AGAIN_LATE : DRAW_AGAIN;
  for (let left = within; ; left -= every) {
    try {
      const wait = Math.min(left, every);
      return await hands.expect(patterns, wait, "a shell prompt (it has to end in #, $, % or >)");
    } catch (thrown) {
      if (!isTimeout(thrown) || left <= every) throw thrown;
      if (!hands.endsIn(MAINTENANCE_PROMPT) && (await hands.loaderShown()) === undefined)
        await hands.send(`${CLEAN}\r`);
    }
  }
}

/**
 * Presses Enter until a prompt comes: one that kernel messages tore apart is drawn again. A boot loader is let be: these
 * keys would choose the last entry of its menu.
 */
async function call(hands: LoginHands, within: Millis): Promise<Stand> {
  for (let left = within; ; left -= ASK_EVERY) {
    refusePassphrase(hands);
    const loader = await hands.loaderShown();
    if (loader === undefined) await hands.send(`${CLEAN}\r`);
    try {
      const wait = Math.min(left, ASK_EVERY);
      const { which } = await hands.expect(PROMPTS, wait, "a login or shell prompt");
      return STANDS[which] ?? "shell";
    } catch (thrown) {
      if (!isTimeout(thrown) || (left <= ASK_EVERY && loader === undefined)) throw thrown;
      if (left <= ASK_EVERY)
        throw new OobError(
          "RUNBOOK_FAILED",
          `Cannot log in at ${hands.host}: its boot loader (${loader}) is on the screen; nothing was typed there`,
          { hint: `Look at it: oob screen ${hands.host}` },
        );
    }
  }
}

/** Every Enter would be a wrong passphrase, and there are few tries. */
function refusePassphrase(hands: LoginHands): void {
  if (!hands.endsIn(PASSPHRASE_PROMPT)) return;
  throw new OobError(
    "LOGIN_REFUSED",
    `Cannot log in at ${hands.host}: it waits for the passphrase of a disk; nothing was typed there`,
    { hint: `Type it yourself: oob attach ${hands.host}` },
  );
}

/**
 * Types the password, but only where the host does not show what is typed: a faked "Password:" would have it on the
 * screen and in the log.
 */
async function typeSecret(hands: LoginHands, secret: string, typed: () => void): Promise<void> {
  if (secret === "" || /\p{Cc}/u.test(secret)) {
    throw new OobError(
      "SECRET_MISSING",
      `Cannot log in at ${hands.host}: its secret is empty or more than one line`,
    );
  }
  for (let tries = 0; tries < ECHO_TRIES; tries++) {
    await passOver(hands);
    await hands.send(PROBE);
    const shown = await hands.expect(/x/, ECHO_WITHIN).then(
      () => true,
      (thrown: unknown) => {
        if (isTimeout(thrown)) return false;
        throw thrown;
      },
    );
    await hands.send(CLEAN);
    if (!shown) {
      typed();
      await hands.send(`${secret}\r`);
      return;
    }
    // A kernel message may have had the letter: once more.
  }
  throw new OobError(
    "LOGIN_REFUSED",
    `Cannot log in at ${hands.host}: it asks for a password and shows what is typed; the password was not typed`,
    { hint: "Look who prints that prompt before you type the password yourself" },
  );
}

/** Lets what is being printed end, and looks at none of it again. */
async function passOver(hands: LoginHands): Promise<void> {
  try {
    await hands.settle(QUIET, QUIET_WITHIN);
    await hands.expect(/[\s\S]*$/, seconds(1));
  } catch (thrown) {
    // A host that never is quiet is tried all the same.
    if (!isTimeout(thrown)) throw thrown;
  }
}

/** A prompt can be imitated by any text; a command that answers can not. */
async function proveShell(hands: LoginHands, within: Millis): Promise<void> {
  const { status } = await hands.runPlain("true", within);
  if (status === 0) return;
  throw new OobError(
    "RUNBOOK_FAILED",
    `Cannot use the shell at ${hands.host}: "true" ended with ${status}`,
  );
}

const isTimeout = (thrown: unknown): boolean =>
  thrown instanceof OobError && thrown.code === "EXPECT_TIMEOUT";
