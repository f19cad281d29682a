/*
 * A console behind a conserver, as a client of it. The master says where the console is, a group process has it:
 *
 *   master ──"call web1"──► a port, or "@host" ──► … ──► group process ──"call web1"──► the console's bytes
 *                                                        group process ◄──"hosts web1" every 10 s
 *
 * The server writes its notices amid the console's bytes, where a host can print the same, and says nothing at all when
 * a console goes down. So what counts is asked by a second connection; a text in the bytes only makes us ask at once.
 */
import type { Duplex } from "node:stream";
import { CONSERVER, ConserverConsole } from "../../codec/conserver.ts";
import { concatBytes } from "../../lib/bytes.ts";
import type { Millis, Timer } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import type { Link, LinkNotice, OpenContext } from "../link.ts";
import { addressText } from "../network/connect-socket.ts";
import { socketLink } from "../network/socket-link.ts";
import { durationOf, flagOf, numberOf, type OptionValues, textOf } from "../options.ts";
import { findGroup } from "./conserver-group.ts";
import { ConserverAsker, type ConserverStatus } from "./conserver-status.ts";
import { type ConserverAddress, type ConserverTalk, logIn } from "./conserver-talk.ts";

/** Debian's port of the master. */
const MASTER_PORT = 782;
const CONNECT_TIMEOUT: Millis = seconds(10);
/** A group process sleeps while it sends a break with delays. */
const BREAK_TIME: Millis = seconds(10);
/** A line that is down is given so long to come up, and is looked at this often meanwhile. */
const BRING_UP_TIME: Millis = seconds(4);
const BRING_UP_EVERY: Millis = 300;
const MAX_SHOWN = 120;

/** Opens a console of a conserver. Throws LINK_REFUSED, LOGIN_REFUSED, saying which server refused what. */
export async function openConserver(options: OptionValues, context: OpenContext): Promise<Link> {
  const timeout = durationOf(options, "connect-timeout", CONNECT_TIMEOUT);
  const first = { host: textOf(options, "host"), port: numberOf(options, "port", MASTER_PORT) };
  const login = (address: ConserverAddress) => logIn(address, options, context, timeout);
  const name = textOf(options, "console");
  const group = await findGroup(first, name, login);
  const attach = async (): Promise<ConserverSession | undefined> => {
    const talk = await login(group);
    const asker = new ConserverAsker(name, () => login(group), context.clock);
    const session = new ConserverSession(talk, asker, options, context);
    try {
      if (await session.attach(addressText(first))) return session;
    } catch (thrown) {
      session.close();
      throw thrown;
    }
    session.close();
    return undefined;
  };
  const session = (await attach()) ?? (await attach());
  if (session) return session.link(addressText(first));
  throw new OobError("LINK_REFUSED", `Cannot open "${addressText(group)}": ${lineDown(name)}`, {
    hint: DOWN,
  });
}

const lineDown = (name: string): string => `its line to "${printable(name, MAX_SHOWN)}" is down`;

class ConserverSession {
  readonly #talk: ConserverTalk;
  readonly #asker: ConserverAsker;
  readonly #options: OptionValues;
  readonly #context: OpenContext;
  readonly #name: string;
  readonly #codec = new ConserverConsole();
  /** Who we are for the server, once it showed us as the writer. */
  #self = "";
  #writes = false;
  #writer = "";
  #bumped = false;
  #reply: ((text: string) => void) | undefined;
  #breaking: Promise<void> = Promise.resolve();
  #tell: (notice: LinkNotice) => void = () => undefined;
  #lose: (error: OobError) => void = () => undefined;
  readonly #lost: Promise<never>;

  constructor(
    talk: ConserverTalk,
    asker: ConserverAsker,
    options: OptionValues,
    context: OpenContext,
  ) {
    this.#talk = talk;
    this.#options = options;
    this.#context = context;
    this.#asker = asker;
    this.#name = textOf(options, "console");
    this.#lost = new Promise((_resolve, reject) => {
      this.#lose = reject;
    });
    this.#lost.catch(() => undefined);
  }

  get #spies(): boolean {
    return textOf(this.#options, "mode") === "spy";
  }

  /** From the login to the console's first byte. Until it is connected nothing of the host comes in between. */
  async attach(master: string): Promise<boolean> {
    const talk = this.#talk;
    const got = await talk.ask(`call ${this.#name}`);
    if (!got.startsWith("["))
      throw talk.refusal(
        `it says ${printable(got, MAX_SHOWN)}`,
        `Look at ro and rw of this console at ${master}`,
      );
    await talk.command(CONSERVER.setEscape);
    this.#writes = got === "[attached]";
    const state = await talk.command(CONSERVER.state);
    if (/-- console is (?!up)/.test(state)) {
      await this.#bringUp(state);
      return false;
    }
    if (this.#spies) {
      await talk.command(CONSERVER.spy);
      this.#writes = false;
    } else if (!this.#writes && flagOf(this.#options, "force")) {
      const forced = await talk.command(CONSERVER.force);
      this.#writes = /^\[(?:bumped|attached|ok)\b/.test(forced);
    }
    this.#writer = (await this.#asker.ask()).writer;
    if (this.#writes) this.#self = this.#writer;
    const connected = await talk.command(CONSERVER.connect);
    if (!connected.startsWith("[connected") && !connected.startsWith("[unknown"))
      throw talk.refusal(`it says ${printable(connected, MAX_SHOWN)}`);
    return true;
  }

  /** Ends both connections, without a word to the server. */
  close(): void {
    this.#asker.close();
    this.#talk.close();
  }

  /**
   * The server tries a line that is down once a minute: where we may, we ask it to try now. It tells the outcome only
   * to who is connected already, and reads no keys of ours until then: the caller attaches anew.
   */
  async #bringUp(state: string): Promise<void> {
    const { clock, signal, progress } = this.#context;
    if (!this.#writes) throw this.#talk.refusal(lineDown(this.#name), DOWN);
    progress(`conserver says ${printable(state, MAX_SHOWN)}: asking it to open the line`);
    this.#talk.send(CONSERVER.open);
    const until = clock.monotonic() + BRING_UP_TIME;
    do {
      await clock.sleep(BRING_UP_EVERY, signal);
      if ((await this.#asker.ask()).up) return;
    } while (clock.monotonic() < until);
    throw this.#talk.refusal(`${lineDown(this.#name)}, and it cannot open it now`, DOWN);
  }

  link(master: string): Link {
    const codec = this.#codec;
    const stream: Duplex = this.#talk.takeStream();
    const label = `${master} conserver ${printable(this.#name, MAX_SHOWN)}`;
    const inner = socketLink({
      label,
      peer: `${this.#name} at ${this.#talk.peer}`,
      socket: stream,
      codec: {
        receive: (wire) => this.#receive(wire),
        takeOutput: () => codec.takeOutput(),
        encode: (bytes) => codec.encode(bytes),
      },
    });
    this.#asker.follow((status) => this.#take(status));
    const lost = this.#lost;
    const bytes = inner.bytes[Symbol.asyncIterator]();
    const read = async function* (): AsyncGenerator<Uint8Array, void> {
      for (;;) {
        const next = await Promise.race([bytes.next(), lost]);
        if (next.done) return;
        yield next.value;
      }
    };
    return {
      label,
      bytes: { [Symbol.asyncIterator]: read },
      write: async (typed) => {
        this.#checkWriter("type to");
        await inner.write(typed);
      },
      ...(this.#spies ? {} : { sendBreak: () => this.#sendBreak(stream) }),
      onNotice: (listen) => {
        this.#tell = listen;
        if (!this.#spies && !this.#writes) this.#note(this.#readOnly());
      },
      close: () => {
        this.#asker.close();
        this.#talk.send(CONSERVER.leave);
        return inner.close();
      },
    };
  }

  #receive(wire: Uint8Array): Uint8Array {
    const data: Uint8Array[] = [];
    for (const event of this.#codec.receive(wire)) {
      if (event.is === "data") data.push(event.bytes);
      else if (event.is === "reply") this.#reply?.(event.text);
      else if (event.is === "violation") this.#note(event.what);
      else if (this.#spies) {
        if (event.text.startsWith("[attached")) this.#talk.send(this.#codec.encodeSpy());
      } else {
        this.#bumped ||= event.text.startsWith("[forced to");
        this.#asker.hurry();
      }
    }
    return concatBytes(data);
  }

  #checkWriter(what: string): void {
    if (this.#writes) return;
    const why = this.#spies ? "it is opened as a spy (mode: spy)" : this.#readOnly();
    throw new OobError(
      "LINE_BUSY",
      `Cannot ${what} "${this.#name}" at ${this.#talk.peer}: ${why}`,
      {
        hint: this.#spies
          ? "Leave out mode: spy"
          : "Ask for it, or set force: true to take it over; oob may type as soon as it is free",
      },
    );
  }

  #readOnly(): string {
    const writer = printable(this.#writer, MAX_SHOWN);
    return writer === "" ? "the server lets us read only" : `${writer} writes there`;
  }

  #sendBreak(stream: Duplex): Promise<void> {
    const send = async () => {
      this.#checkWriter("send BREAK to");
      const { clock } = this.#context;
      let timer: Timer | undefined;
      const reply = await new Promise<string>((resolve) => {
        this.#reply = resolve;
        timer = clock.after(BREAK_TIME, () => resolve("nothing"));
        stream.write(this.#codec.encodeBreak());
      });
      timer?.cancel();
      this.#reply = undefined;
      if (reply === "[halt sent]") return;
      this.#codec.abandon();
      throw new OobError(
        "LINK_UNSUPPORTED",
        `Cannot send BREAK to "${this.#name}" at ${this.#talk.peer}: conserver says ${reply}`,
        {
          hint: String.raw`In conserver.cf: break 4 { string "\z"; } and, in the console, break 4;`,
        },
      );
    };
    this.#breaking = this.#breaking.catch(() => undefined).then(send);
    return this.#breaking;
  }

  #take({ up, writer }: ConserverStatus): void {
    const before = this.#writer;
    const bumped = this.#bumped;
    this.#writer = writer;
    this.#bumped = false;
    if (!up)
      this.#lose(
        new OobError(
          "LINK_LOST",
          `Lost "${this.#name}" at ${this.#talk.peer}: conserver says that its line is down`,
          { hint: DOWN },
        ),
      );
    else if (!this.#spies) this.#judge(bumped, before);
  }

  /** Whether we write now. Two connections of one user look the same to the server: then its notice counts. */
  #judge(bumped: boolean, before: string): void {
    const user = `${textOf(this.#options, "user")}@`;
    const ours = this.#self === "" ? this.#writer.startsWith(user) : this.#writer === this.#self;
    if (this.#writes && (!ours || bumped)) {
      this.#writes = false;
      this.#note(`${this.#readOnly()}: nothing can be typed meanwhile`);
    } else if (!this.#writes && ours && !bumped) {
      this.#writes = true;
      this.#self = this.#writer;
      this.#note("writing is ours again");
    } else if (!this.#writes && before !== this.#writer) this.#note(this.#readOnly());
  }

  #note(text: string): void {
    this.#tell({ is: "note", text: `conserver: ${text}` });
  }
}

const DOWN = "Look at the device behind it, and at conserver's own log";
