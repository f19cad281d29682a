/*
 * Serial over LAN through ipmitool(1) on a terminal of its own.
 *
 *   activate ─"operational"─► up ─ ipmitool ends, or the BMC says that the session is over ─► lost, and opened again
 *
 * SOL goes over UDP and can die without a word: the BMC ends it, somebody deactivates it, and ipmitool's own keepalive
 * (Get Device ID, each 15 s) goes on being answered. So a session that has been silent for `check-every` is looked up
 * at the BMC by a second, short login: Get Payload Instance Info names the session that has SOL. Only where it says
 * twice that this is not ours, ours is given up: a host that has nothing to say keeps its session.
 */
import { IpmitoolSolCodec, solRefusal } from "oob/codec/ipmitool-sol";
import {
  type Clock,
  concatBytes,
  defineConsole,
  durationOf,
  flagOf,
  IPMITOOL_OPTIONS,
  Ipmitool,
  ipmitoolFaults,
  type Link,
  type LinkNotice,
  type Millis,
  minutes,
  OobError,
  type OpenContext,
  type OptionValues,
  openPtyCommand,
  type PtyChild,
  printable,
  seconds,
} from "oob/sdk";

const CHECK_EVERY: Millis = minutes(2);
/** ipmitool itself gives up after 20 s without an answer. */
const ACTIVATE_TIMEOUT: Millis = seconds(60);
/** Between the two looks that must agree before a session is given up. */
const SECOND_LOOK: Millis = seconds(2);
/** ipmitool sends a BREAK before keys that it read together with it: keys get so long to be on their way. */
const KEYS_GONE: Millis = 300;
/** How long ipmitool may take to end the session. */
const GOODBYE: Millis = seconds(2);

export default defineConsole({
  summary: "Serial over LAN of a BMC (IPMI 2.0), through ipmitool",
  sources: [
    "IPMI 2.0 specification, 15 and 24.5; ipmitool 1.8.19, lib/ipmi_sol.c",
    "OpenIPMI ipmi_sim 2.0.33",
  ],
  address: "host-port",
  identity: ["host", "port"],
  spawns: true,
  options: {
    ...IPMITOOL_OPTIONS,
    take: {
      kind: "boolean",
      default: false,
      summary: "ends a session of somebody else's that has the console",
    },
    "check-every": {
      kind: "duration",
      default: "2m",
      summary: "after so long a silence the BMC is asked whether the session lives; 0s: never",
    },
  },
  check: ipmitoolFaults,
  open: openSol,
});

async function openSol(options: OptionValues, context: OpenContext): Promise<Link> {
  context.signal.throwIfAborted();
  const bmc = await Ipmitool.make(options, context);
  const checkEvery = durationOf(options, "check-every", CHECK_EVERY);
  try {
    return await activate(bmc, checkEvery, context);
  } catch (thrown) {
    const busy = thrown instanceof OobError && thrown.code === "PORT_BUSY";
    if (!busy || !flagOf(options, "take")) throw thrown;
    context.progress("ends the session that has the console");
    await bmc.call(["sol", "deactivate"]);
    return await activate(bmc, checkEvery, context);
  }
}

/** Starts ipmitool and waits until it says that the session is up. What came after that is the host's. */
async function activate(bmc: Ipmitool, checkEvery: Millis, context: OpenContext): Promise<Link> {
  const { clock, signal } = context;
  const words = [...bmc.words, "sol", "activate"];
  const child = await openPtyCommand(
    { words, label: `${bmc.name} sol`, env: bmc.env, splitErrors: true },
    context,
  );
  const giveUp = () => void child.close();
  const timer = clock.after(ACTIVATE_TIMEOUT, giveUp);
  signal.addEventListener("abort", giveUp, { once: true });
  const codec = new IpmitoolSolCodec();
  const wire = child.bytes[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await wire.next();
      const events = done ? [] : codec.receive(value);
      const first = events.flatMap((event) => (event.is === "data" ? [event.bytes] : []));
      if (events.some(({ is }) => is === "up"))
        return new SolLink({
          ...{ bmc, child, codec, clock, checkEvery, wire },
          first: concatBytes(first),
          ours: await bmc.solOwner(),
        });
      if (done || events.length > 0) break;
    }
    await child.close();
    if (signal.aborted)
      throw new OobError("INTERRUPTED", `Cannot open ${child.label}: the attempt was given up`);
    throw refusal(bmc, child.errorText);
  } finally {
    timer.cancel();
    signal.removeEventListener("abort", giveUp);
  }
}

function refusal(bmc: Ipmitool, said: string): OobError {
  const known = solRefusal(said);
  const cannot = `Cannot open ${bmc.name} sol`;
  if (!known)
    return new OobError("LINK_REFUSED", `${cannot}: ipmitool says "${lastLine(said)}"`, {
      hint: "Try the same by hand: ipmitool -I lanplus … sol activate",
    });
  const { why, hint } = known;
  switch (known.is) {
    case "login":
      return new OobError(
        "LOGIN_REFUSED",
        `Cannot log in to ${bmc.name} as "${printable(bmc.user, 64)}": ${why}`,
        { hint },
      );
    case "busy":
      return new OobError("PORT_BUSY", `${cannot}: ${why}`, { hint });
    case "refused":
      return new OobError("LINK_REFUSED", `${cannot}: ${why}`, { hint });
  }
}

function lastLine(said: string): string {
  const lines = said.split("\n").filter((line) => line.trim() !== "");
  return printable(lines.at(-1)?.trim() ?? "", 200);
}

interface Session {
  readonly bmc: Ipmitool;
  readonly child: PtyChild;
  readonly codec: IpmitoolSolCodec;
  readonly clock: Clock;
  readonly checkEvery: Millis;
  /** What ipmitool prints, after `first`. */
  readonly wire: AsyncIterator<Uint8Array>;
  readonly first: Uint8Array;
  /** Which session the BMC said has SOL, when ours had just begun. */
  readonly ours: string | undefined;
}

class SolLink implements Link {
  readonly label: string;
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly #session: Session;
  #heardAt: Millis;
  #typedAt: Millis = Number.NEGATIVE_INFINITY;
  #dead: OobError | undefined;
  readonly #closing = new AbortController();

  constructor(session: Session) {
    this.label = session.child.label;
    this.#session = session;
    this.#heardAt = session.clock.monotonic();
    this.bytes = { [Symbol.asyncIterator]: () => this.#read() };
    void this.#watch();
  }

  onNotice(listen: (notice: LinkNotice) => void): void {
    const { checkEvery, ours } = this.#session;
    if (checkEvery > 0 && (ours === undefined || ours === "none"))
      listen({ is: "note", text: "this BMC does not tell whether the session lives" });
  }

  async write(bytes: Uint8Array): Promise<void> {
    const { child, clock, codec } = this.#session;
    this.#typedAt = clock.monotonic();
    await child.write(codec.encode(bytes));
    this.#typedAt = clock.monotonic();
  }

  async sendBreak(): Promise<void> {
    const { child, clock, codec } = this.#session;
    const refuse = () => {
      if (codec.takesBreak) return;
      throw new OobError(
        "LINK_UNSUPPORTED",
        `Cannot send BREAK to ${this.label} now: ipmitool takes it at the beginning of a line only`,
        { hint: "What you typed last was no Enter: type one, if that does no harm, and try again" },
      );
    };
    for (;;) {
      refuse();
      const wait = this.#typedAt + KEYS_GONE - clock.monotonic();
      if (wait <= 0) break;
      await clock.sleep(wait);
    }
    await child.write(codec.encodeBreak());
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    const { bmc, child, clock, codec, ours } = this.#session;
    if (codec.takesBreak) {
      await child.write(codec.encodeEnd()).catch(() => undefined);
      const waited = new AbortController();
      const patience = clock.sleep(GOODBYE, waited.signal).catch(() => undefined);
      // A consumer that has stopped reading must not keep ipmitool from ending.
      void this.#drain();
      await Promise.race([child.ended, patience]);
      waited.abort();
    }
    await child.close();
    // A session that was not ended keeps the next one out for a minute; one that is not ours is let alone.
    if (ours !== undefined && ours !== "none" && (await bmc.solOwner()) === ours)
      await bmc.call(["sol", "deactivate"]).catch(() => undefined);
  }

  async #drain(): Promise<void> {
    const { wire } = this.#session;
    while (!(await wire.next().catch(() => ({ done: true }))).done);
  }

  async *#read(): AsyncGenerator<Uint8Array, void> {
    const { child, clock, codec, first, wire } = this.#session;
    if (first.length > 0) yield first;
    for (;;) {
      const { done, value } = await wire.next();
      if (done || this.#closing.signal.aborted) break;
      this.#heardAt = clock.monotonic();
      for (const event of codec.receive(value)) if (event.is === "data") yield event.bytes;
    }
    if (this.#closing.signal.aborted) return;
    if (this.#dead) throw this.#dead;
    const end = await child.ended;
    const said = lastLine(child.errorText);
    throw child.loss(said === "" ? end.text : `ipmitool says "${said}"`);
  }

  /** Looks, after each long silence, whether SOL is still ours. Never throws. */
  async #watch(): Promise<void> {
    const { bmc, checkEvery, child, clock, ours } = this.#session;
    const { signal } = this.#closing;
    if (checkEvery <= 0 || ours === undefined || ours === "none") return;
    const over = child.ended.then(() => undefined);
    const sleep = (delay: Millis) =>
      Promise.race([over, clock.sleep(delay, signal).catch(() => undefined)]);
    let isOver = false;
    void over.then(() => {
      isOver = true;
    });
    while (!isOver && !signal.aborted) {
      const quiet = this.#heardAt + checkEvery - clock.monotonic();
      if (quiet > 0) {
        await sleep(quiet);
        continue;
      }
      this.#heardAt = clock.monotonic();
      const now = await bmc.solOwner();
      if (now === undefined || now === ours) continue;
      await sleep(SECOND_LOOK);
      if (isOver || signal.aborted || (await bmc.solOwner()) !== now) continue;
      const why =
        now === "none" ? "the BMC ended the session" : "another session has taken the console";
      this.#dead = child.loss(why);
      await child.close();
      return;
    }
  }
}
