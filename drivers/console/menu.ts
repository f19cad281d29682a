/*
 * A port behind the menu or the port shell of a console server.
 *
 *   telnet to the server, or `via:` ─► the profile's dialogue: log in, choose the port ─► the host's bytes
 *                                      │ closed: the profile's way to leave                │
 *   its own prompt again, and nothing for 2 s ◄───── PromptWatch ◄────────────────────────┘   LINK_LOST
 *
 * While its prompt stands there, what is typed waits: a key for a host must not choose another port.
 */
import type { DialogueCase } from "oob/codec/dialogue-steps";
import {
  addressText,
  Conversation,
  type ConversationResult,
  defineConsole,
  durationOf,
  flagOf,
  type Link,
  latin1,
  loginInTurn,
  type MenuProfile,
  type Millis,
  numberOf,
  OobError,
  type OpenContext,
  type OptionValues,
  openTelnet,
  PortSession,
  printable,
  SHOWN_BAUD,
  seconds,
  secretOf,
  TELNET_PORT,
  tcpOptions,
  textOf,
} from "oob/sdk";

/** After a line was freed the server takes a moment to listen on it again. */
const CLEAR_PAUSE: Millis = seconds(1);

const { host, port: tcpPort, "connect-timeout": connectTimeout } = tcpOptions(TELNET_PORT);

export default defineConsole({
  summary: "A port behind the menu or port shell of a console server: log in, choose, leave again",
  sources: ["the profiles in drivers/console/menu/, each with its own"],
  address: "host-port",
  identity: ["host", "tcp-port", "port"],
  through: true,
  sharesWay: true,
  options: {
    profile: {
      kind: "text",
      required: true,
      profile: "menu",
      summary: "family of the console server",
    },
    port: { kind: "text", required: true, summary: "the port: its number, or its name there" },
    ...(host && { host }),
    ...(tcpPort && { "tcp-port": { ...tcpPort, summary: "TCP port of its telnet" } }),
    ...(connectTimeout && { "connect-timeout": connectTimeout }),
    user: { kind: "text", summary: "user at the console server" },
    password: { kind: "secret", summary: "password of that user" },
    enable: { kind: "secret", summary: "password of its privileged level, where freeing needs it" },
    take: { kind: "boolean", default: false, summary: "take a busy port from whoever has it" },
    clear: { kind: "boolean", default: false, summary: "free a busy line by clearing it" },
    patience: {
      kind: "duration",
      default: "30s",
      min: 1000,
      summary: "how long the server may be silent before it answers",
    },
    baud: SHOWN_BAUD,
  },
  check: (options) =>
    textOf(options, "port").trim() === "" || /[\0-\x1f\x7f]/.test(textOf(options, "port"))
      ? [{ option: "port", message: "expected the number or the name of a port" }]
      : [],
  open: openMenu,
});

/** One attempt: who is talked to, and with what. */
interface Call {
  readonly profile: MenuProfile;
  readonly options: OptionValues;
  readonly context: OpenContext;
  /** Who is named: "cs1:23". */
  readonly peer: string;
  readonly port: string;
  readonly values: ReadonlyMap<string, string>;
}

const SECRETS = new Set(["password", "enable"]);

async function openMenu(options: OptionValues, context: OpenContext): Promise<Link> {
  const { through } = context;
  const name = textOf(options, "profile");
  const profile = await context.profile?.("menu", name);
  if (!profile) throw new OobError("INTERNAL", `Cannot find the menu profile "${name}"`);
  const address = { host: textOf(options, "host"), port: numberOf(options, "tcp-port", 23) };
  const port = textOf(options, "port").trim();
  const peer = through?.label ?? addressText(address);
  const values = await valuesOf(options, context, port);
  const call: Call = { profile, options, context, peer, port, values };
  refuseWhatItCannot(call, name);
  const { reverse } = profile;
  if (reverse) return enter(call, await openReverse(call, reverse));
  return loggedIn(call, async () =>
    enter(call, through ?? (await openTelnet({ ...options, port: address.port }, context))),
  );
}

const failing = ({ port, peer }: Call): string =>
  `Cannot open port "${printable(port, 100)}" of "${peer}"`;

/** Runs what logs in. A refusal may be that of another port of the same server: it is told as this one's. */
async function loggedIn<T>(call: Call, run: () => Promise<T>): Promise<T> {
  const { values, peer, context } = call;
  const password = JSON.stringify([values.get("password"), values.get("enable")]);
  const login = { peer, user: values.get("user") ?? "", password };
  try {
    return await loginInTurn(login, context.clock, run);
  } catch (thrown) {
    if (!(thrown instanceof OobError) || thrown.code !== "LOGIN_REFUSED") throw thrown;
    const { code, message, hint } = thrown;
    const why = message.slice(message.indexOf('": ') + 3);
    throw new OobError(code, `${failing(call)}: ${why}`, { cause: thrown, ...(hint && { hint }) });
  }
}

async function valuesOf(
  options: OptionValues,
  context: OpenContext,
  port: string,
): Promise<ReadonlyMap<string, string>> {
  const values = new Map([["port", port]]);
  if (/^\d{1,5}$/.test(port)) values.set("number", String(Number(port)));
  if (textOf(options, "user") !== "") values.set("user", textOf(options, "user"));
  for (const flag of ["take", "clear"]) if (flagOf(options, flag)) values.set(flag, "yes");
  for (const name of SECRETS) {
    const ref = secretOf(options, name);
    if (ref) values.set(name, await context.secret(ref));
  }
  return values;
}

function refuseWhatItCannot({ profile, context, values, port }: Call, name: string): void {
  const cases = Object.values(profile.steps).flatMap(
    ({ expect }): readonly DialogueCase[] => expect,
  );
  const can = {
    take: cases.some(({ only = [] }) => [only].flat().includes("take")),
    clear: profile.reverse?.clear !== undefined,
  };
  const lacking = (["take", "clear"] as const).find((flag) => values.has(flag) && !can[flag]);
  const wrong =
    lacking !== undefined
      ? `menu profile "${name}" knows no way to ${lacking} a busy port`
      : profile.reverse && context.through
        ? `menu profile "${name}" reaches ports at TCP ports of their own, and not via another device`
        : profile.reverse && !values.has("number")
          ? `menu profile "${name}" wants ${profile.ports}`
          : undefined;
  if (wrong === undefined) return;
  throw new OobError("CONFIG_INVALID", `Cannot open port "${printable(port, 100)}": ${wrong}`);
}

/** A line at a TCP port of its own. A busy one refuses the connection, and is freed if that is wanted. */
async function openReverse(
  call: Call,
  reverse: NonNullable<MenuProfile["reverse"]>,
): Promise<Link> {
  const { options, context, values } = call;
  const port = reverse.base + Number(values.get("number"));
  const connect = () => openTelnet({ ...options, port }, context);
  try {
    return await connect();
  } catch (thrown) {
    if (!isRefusal(thrown)) throw thrown;
    if (reverse.clear === undefined || !values.has("clear")) throw lineBusy(call, port, thrown);
  }
  const control = await openTelnet(
    { ...options, port: numberOf(options, "tcp-port", 23) },
    context,
  );
  try {
    const { clear } = reverse;
    await loggedIn(call, () => talk(call, new Conversation(control, context.clock), clear));
  } finally {
    await control.close();
  }
  await context.clock.sleep(CLEAR_PAUSE, context.signal);
  try {
    return await connect();
  } catch (thrown) {
    throw isRefusal(thrown) ? lineBusy(call, port, thrown, true) : thrown;
  }
}

/** The connection was refused, not unanswered or unroutable. */
function isRefusal(thrown: unknown): boolean {
  const cause = thrown instanceof OobError ? thrown.cause : undefined;
  return cause instanceof Error && "code" in cause && cause.code === "ECONNREFUSED";
}

function lineBusy(call: Call, port: number, cause: unknown, cleared = false): OobError {
  const server = textOf(call.options, "host");
  const after = cleared ? " although it was cleared" : "";
  return new OobError(
    "PORT_BUSY",
    `Cannot open line ${call.port} of "${server}": TCP port ${port} refuses the connection${after}, as a busy line does`,
    {
      cause,
      hint: cleared
        ? `Check "transport input" and "no exec" of the line: noise on it makes it busy again at once`
        : "See who has it (show users there), or say clear: true to free it at the next attempt",
    },
  );
}

function talk(call: Call, conversation: Conversation, first: string): Promise<ConversationResult> {
  const { profile, context, options, peer, values } = call;
  return conversation.run(profile.steps, {
    first,
    values,
    secret: SECRETS,
    failing: failing(call),
    signal: context.signal,
    patience: durationOf(options, "patience", seconds(30)),
    progress: (step) => context.progress(context.through ? step : `${peer}: ${step}`),
  });
}

async function enter(call: Call, link: Link): Promise<Link> {
  const conversation = new Conversation(link, call.context.clock);
  try {
    const { prompts } = await talk(call, conversation, call.profile.enter);
    return menuLink(call, link, conversation, prompts);
  } catch (thrown) {
    // What the entry goes through is closed by whoever opened it.
    if (link !== call.context.through) await link.close().catch(() => undefined);
    throw thrown;
  }
}

function menuLink(
  call: Call,
  link: Link,
  conversation: Conversation,
  prompts: ReadonlySet<string>,
): Link {
  const { profile, context, options } = call;
  const { clock } = context;
  const session = new PortSession({
    clock,
    conversation,
    prompts,
    losing: `Lost port "${printable(call.port, 100)}" of "${call.peer}"`,
    ...(profile.own && { own: profile.own }),
  });
  const giveBack = (first: string) =>
    session.leave((signal) =>
      talk({ ...call, context: { ...context, signal, progress: () => {} } }, conversation, first),
    );
  const speed = options.baud === undefined ? "" : ` ${numberOf(options, "baud", 0)}`;
  const own = link === context.through ? "" : `${call.peer} `;
  const write = (bytes: Uint8Array) => session.allowed().then(() => link.write(bytes));
  const { breakKeys } = profile;
  // BREAK on a serial line reaches the console server itself, and not the host behind its port.
  const sendBreak =
    link.sendBreak && !link.setLines
      ? (ms: Millis) => session.allowed().then(() => link.sendBreak?.(ms))
      : breakKeys === undefined
        ? undefined
        : () => write(latin1(breakKeys));
  return {
    label: `${own}port ${printable(call.port, 100)}${speed}`,
    bytes: { [Symbol.asyncIterator]: () => session.read() },
    write,
    async close() {
      if (profile.leave !== undefined) await giveBack(profile.leave);
      if (link !== context.through) await link.close();
    },
    ...(sendBreak && { sendBreak }),
    ...(link !== context.through && link.onNotice && { onNotice: link.onNotice.bind(link) }),
  };
}
