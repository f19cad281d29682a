import net from "node:net";
import tls from "node:tls";
import type { Codec } from "../../codec/codec.ts";
import type { Clock, Millis } from "../../lib/clock.ts";
import { formatDuration } from "../../lib/durations.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";

/** Most that one talk may bring: beyond it the other side is no server of this protocol. */
const MAX_TALK_BYTES = 8 * 1024 * 1024;
/** The same in lines: short ones take far more time and memory than their bytes. */
const MAX_TALK_EVENTS = 65_536;

/** A server that answers a client's questions over TCP. */
export interface TalkPeer {
  /** Named in errors: "powerman 10.9.0.5:10101". */
  readonly label: string;
  readonly host: string;
  readonly port: number;
  /** Longest time for the whole talk, from the connection to the last answer. */
  readonly within: Millis;
  /** What to look at where nobody answers. */
  readonly hint: string;
}

/** A protocol that tells how many bytes of an unfinished line it has. */
interface LineCodec<Event> extends Codec<Event> {
  readonly held: number;
}

/** A connection for the time of `work`. Throws PDU_SILENT: no connection, no answer in time, or hung up. */
export async function withTalk<Event, Result>(
  peer: TalkPeer,
  codec: LineCodec<Event>,
  clock: Clock,
  work: (talk: Talk<Event>) => Promise<Result>,
): Promise<Result> {
  const talk = new Talk(peer, codec, clock);
  try {
    return await work(talk);
  } finally {
    talk.close();
  }
}

/** One client's time with a server. What was asked goes out when the next event is waited for. */
export class Talk<Event> {
  readonly #peer: TalkPeer;
  readonly #codec: LineCodec<Event>;
  readonly #stop: () => void;
  #socket: net.Socket;
  #events: Event[] = [];
  #came = 0;
  #heard = 0;
  #failed: OobError | undefined;
  #wake = () => {};

  constructor(peer: TalkPeer, codec: LineCodec<Event>, clock: Clock) {
    this.#peer = peer;
    this.#codec = codec;
    this.#socket = this.#listen(net.connect({ host: peer.host, port: peer.port }));
    const timer = clock.after(peer.within, () =>
      this.#fail(`no answer within ${formatDuration(peer.within)}`),
    );
    this.#stop = () => timer.cancel();
  }

  /** Sends what the codec has, and gives what the server says next. */
  async next(): Promise<Event> {
    for (;;) {
      const event = this.#events.shift();
      if (event !== undefined) return event;
      if (this.#failed) throw this.#failed;
      const output = this.#codec.takeOutput();
      if (output.length > 0) this.#socket.write(output);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Goes on under TLS. `pin`: "sha256:…" of the certificate, instead of a name and an issuer that are known here. */
  async secure(pin: string): Promise<void> {
    const { host, label } = this.#peer;
    const plain = this.#socket;
    plain.removeAllListeners("data");
    // What came in clear text behind the agreement was not said by the server that we are about to know.
    if (this.#events.length > 0 || this.#codec.held > 0)
      this.#fail("it said more than that in clear text");
    if (this.#failed) throw this.#failed;
    const wrapped = tls.connect({
      socket: plain,
      host,
      // Looked at below, before a word is said: then what it is can be told.
      rejectUnauthorized: false,
      ...(net.isIP(host) === 0 && { servername: host }),
    });
    let ready = false;
    wrapped.once("secureConnect", () => {
      ready = true;
      this.#wake();
    });
    this.#socket = this.#listen(wrapped);
    while (!ready && !this.#failed)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    if (this.#failed) throw this.#failed;
    const seen = `sha256:${wrapped.getPeerCertificate().fingerprint256}`;
    if (pin === "" ? wrapped.authorized : bare(seen) === bare(pin)) return;
    const why =
      pin === "" ? `${String(wrapped.authorizationError)}, it is ${seen}` : `it is ${seen}`;
    throw new OobError("LOGIN_REFUSED", `Cannot trust the certificate of ${label}: ${why}`, {
      hint:
        pin === ""
          ? "Look at it there; if it is that one, give it as pin:"
          : "Was it renewed? Look at it there before you change the pin",
    });
  }

  close(): void {
    this.#stop();
    this.#failed ??= this.#silent("the talk is over");
    this.#socket.destroy();
  }

  #listen<Socket extends net.Socket>(socket: Socket): Socket {
    socket.on("data", (bytes: Buffer) => {
      this.#came += bytes.length;
      const events = this.#codec.receive(bytes);
      this.#heard += events.length;
      if (this.#came > MAX_TALK_BYTES) this.#fail("it says more than 8 MiB");
      else if (this.#heard > MAX_TALK_EVENTS)
        this.#fail(`it says more than ${MAX_TALK_EVENTS} lines`);
      else this.#events.push(...events);
      this.#wake();
    });
    socket.on("error", (cause) => this.#fail(reasonOf(cause), cause));
    socket.on("close", () => this.#fail("it hung up"));
    return socket;
  }

  #fail(why: string, cause?: unknown): void {
    if (this.#failed) return;
    this.#failed = this.#silent(why, cause);
    this.#socket.destroy();
    this.#wake();
  }

  #silent(why: string, cause?: unknown): OobError {
    const text = `Cannot talk to ${this.#peer.label}: ${printable(why, 200)}`;
    return new OobError("PDU_SILENT", text, { cause, hint: this.#peer.hint });
  }
}

/** What the kernel says, in words. */
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "it reset the connection",
  EHOSTUNREACH: "no route to the host",
  ENETUNREACH: "no route to its network",
  ENOTFOUND: "no such host",
  EAI_AGAIN: "the name service does not answer",
};

const reasonOf = (error: Error): string =>
  ("code" in error ? REASONS[String(error.code)] : undefined) ?? messageOf(error);

const bare = (pin: string): string => pin.toLowerCase().replaceAll(":", "");
