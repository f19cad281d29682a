/*
 * The dialogue with a conserver up to a connected console: connection, TLS, login, lines.
 */
import { readFile } from "node:fs/promises";
import net from "node:net";
import type { Duplex } from "node:stream";
import tls from "node:tls";
import { ConserverLines } from "../../codec/conserver.ts";
import { latin1 } from "../../lib/bytes.ts";
import type { Millis } from "../../lib/clock.ts";
import { formatDuration } from "../../lib/durations.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import { guardLogin } from "../dialogue/login-guard.ts";
import type { OpenContext } from "../link.ts";
import { addressText, connectSocket } from "../network/connect-socket.ts";
import { PullStream } from "../network/pull-stream.ts";
import { type OptionFault, type OptionValues, secretOf, textOf } from "../options.ts";

const MAX_SHOWN = 200;
/** What conserver without a certificate offers; no TLS 1.3, which has no anonymous suites. */
const ANONYMOUS = "ADH-AES256-GCM-SHA384:ADH-AES128-GCM-SHA256:ADH-AES256-SHA:@SECLEVEL=0";
const FINGERPRINT = /^(?:[0-9A-F]{2}:){31}[0-9A-F]{2}$/;

/** A conserver process: the master, or the one that has a group of consoles. */
export interface ConserverAddress {
  readonly host: string;
  readonly port: number;
}

/** Connects and logs in. Throws LINK_REFUSED and LOGIN_REFUSED saying which server it was. */
export async function logIn(
  address: ConserverAddress,
  options: OptionValues,
  context: OpenContext,
  timeout: Millis,
): Promise<ConserverTalk> {
  const socket = await connectSocket(address, { ...context, timeout });
  const talk = new ConserverTalk(new PullStream(socket), addressText(address), context, timeout);
  try {
    const greeting = await talk.line();
    if (greeting !== "ok")
      throw talk.refusal(`it says "${printable(greeting, MAX_SHOWN)}"`, ACCESS);
    if (textOf(options, "tls") !== "off") await talk.startTls(address.host, options);
    await sendLogin(talk, options, context);
    return talk;
  } catch (thrown) {
    talk.close();
    throw thrown;
  }
}

const ACCESS = "The access block of its conserver.cf has to allow this machine's address";

async function sendLogin(talk: ConserverTalk, options: OptionValues, context: OpenContext) {
  const user = textOf(options, "user");
  const answer = await talk.ask(`login ${user}`);
  if (answer === "ok") return;
  if (/encryption required/i.test(answer))
    throw talk.refusal("it wants encryption", "Leave out tls: off");
  const who = `Cannot log in to "${talk.peer}" as "${user}"`;
  if (!answer.startsWith("passwd?"))
    throw new OobError("LOGIN_REFUSED", `${who}: it says "${printable(answer, MAX_SHOWN)}"`);
  const ref = secretOf(options, "password");
  if (ref === undefined)
    throw new OobError("LOGIN_REFUSED", `${who}: it wants a password`, {
      hint: "Set password: secret:NAME, or make this machine one of its trusted ones",
    });
  const password = await context.secret(ref);
  if (/[\0\r\n]/.test(password))
    throw new OobError("LOGIN_REFUSED", `${who}: secret "${ref.secret}" is more than one line`);
  await guardLogin({ peer: talk.peer, user, password }, context.clock, async () => {
    const verdict = await talk.ask(password);
    if (verdict === "ok") return;
    throw new OobError(
      "LOGIN_REFUSED",
      `${who}: it says "${printable(verdict, MAX_SHOWN)}" to secret "${ref.secret}"`,
      { hint: "Check the secret, and the user in its conserver.passwd" },
    );
  });
}

/** Lines to and from one conserver process. */
export class ConserverTalk {
  readonly peer: string;
  #stream: Duplex;
  readonly #context: OpenContext;
  readonly #timeout: Millis;
  readonly #lines = new ConserverLines();

  constructor(stream: Duplex, peer: string, context: OpenContext, timeout: Millis) {
    this.#stream = stream;
    this.peer = peer;
    this.#context = context;
    this.#timeout = timeout;
    stream.on("error", () => undefined);
  }

  /** LINK_REFUSED that names this server. */
  refusal(why: string, hint?: string, cause?: unknown): OobError {
    return new OobError("LINK_REFUSED", `Cannot open "${this.peer}": ${why}`, {
      cause,
      ...(hint && { hint }),
    });
  }

  ask(text: string): Promise<string> {
    return this.command(latin1(`${text}\r\n`));
  }

  /** Sends, and reads the line that answers. */
  command(bytes: Uint8Array): Promise<string> {
    this.#stream.write(bytes);
    return this.line();
  }

  send(bytes: Uint8Array): void {
    if (this.#stream.writable) this.#stream.write(bytes);
  }

  /** The next line; what follows it stays in the stream. */
  async line(): Promise<string> {
    const over = new AbortController();
    const given = AbortSignal.any([over.signal, this.#context.signal]);
    const silence = this.#context.clock.sleep(this.#timeout, given).then(
      () => {
        throw this.refusal(`it says nothing for ${formatDuration(this.#timeout)}`, SILENT);
      },
      (cause: unknown) => {
        const message = `Cannot open "${this.peer}": given up`;
        throw new OobError("INTERRUPTED", message, { cause });
      },
    );
    try {
      return await Promise.race([this.#readLine(), silence]);
    } finally {
      over.abort();
      silence.catch(() => undefined);
    }
  }

  async #readLine(): Promise<string> {
    for (;;) {
      const chunk: unknown = this.#stream.read();
      if (chunk instanceof Uint8Array) {
        const { line, used } = this.#lines.take(chunk);
        if (used < chunk.length) this.#stream.unshift(chunk.subarray(used));
        if (line?.whole) return line.text;
        if (line) throw this.refusal("it talks without line ends: no conserver", NO_CONSERVER);
      } else await this.#more();
    }
  }

  async #more(): Promise<void> {
    if (this.#stream.readableEnded || this.#stream.destroyed)
      throw this.refusal("it closed the connection", ACCESS);
    await readable(this.#stream);
  }

  /** The stream, for the console's bytes. */
  takeStream(): Duplex {
    return this.#stream;
  }

  close(): void {
    this.#stream.destroy();
  }

  async startTls(host: string, options: OptionValues): Promise<void> {
    const answer = await this.ask("ssl");
    if (answer !== "ok")
      throw this.refusal(`it offers no encryption: "${printable(answer, MAX_SHOWN)}"`, CLEAR_TEXT);
    const anonymous = textOf(options, "tls") === "anonymous";
    const pin = textOf(options, "pin").toUpperCase();
    const ca = textOf(options, "ca");
    const secure = tls.connect({
      socket: this.#stream,
      ...(anonymous
        ? { ciphers: ANONYMOUS, maxVersion: "TLSv1.2", rejectUnauthorized: false }
        : {
            ...(net.isIP(host) === 0 && { servername: host }),
            host,
            rejectUnauthorized: pin === "",
          }),
      ...(ca !== "" && { ca: await readFile(ca) }),
    });
    try {
      await this.#secured(secure);
    } catch (thrown) {
      secure.destroy();
      throw this.#tlsRefusal(thrown, anonymous);
    }
    const shown = secure.getPeerX509Certificate()?.fingerprint256 ?? "no certificate";
    if (!anonymous && pin !== "" && shown !== pin) {
      secure.destroy();
      throw this.refusal(
        `its certificate is not the pinned one: it shows ${shown}`,
        "Somebody may sit in between. If it was renewed, compare it on the server: openssl x509 -noout -fingerprint -sha256",
      );
    }
    secure.on("error", () => undefined);
    this.#stream = secure;
  }

  #secured(secure: tls.TLSSocket): Promise<void> {
    const { signal, clock } = this.#context;
    return new Promise((resolve, reject) => {
      const timer = clock.after(this.#timeout, () => reject(new Error("no TLS handshake in time")));
      const giveUp = () => reject(new Error("given up"));
      signal.addEventListener("abort", giveUp, { once: true });
      const settle = (done: () => void) => {
        timer.cancel();
        signal.removeEventListener("abort", giveUp);
        done();
      };
      secure.once("secureConnect", () => settle(resolve));
      secure.once("error", (error) => settle(() => reject(error)));
      secure.once("close", () => settle(() => reject(new Error("it closed the connection"))));
    });
  }

  #tlsRefusal(thrown: unknown, anonymous: boolean): OobError {
    const why = printable(messageOf(thrown).split("\n")[0] ?? "", MAX_SHOWN);
    if (/handshake failure/i.test(why))
      return anonymous
        ? this.refusal(
            "it has a certificate and no anonymous encryption",
            "Leave out tls: anonymous",
            thrown,
          )
        : this.refusal(
            "it has no certificate, so nothing proves that it is the right server",
            NO_CERTIFICATE,
            thrown,
          );
    return this.refusal(`its certificate does not hold: ${why}`, UNTRUSTED, thrown);
  }
}

const SILENT = "Look at the server: it answers one after the other and may be busy";
const NO_CONSERVER = "Check host and port: conserver listens on 782 in Debian, on 3109 elsewhere";
const CLEAR_TEXT =
  "Set tls: off where the network between is yours alone: password and console go in clear text";
const NO_CERTIFICATE =
  "Give it one (sslcredentials in its conserver.cf), or set tls: anonymous, which hides from listeners but not from somebody in between";
const UNTRUSTED =
  "Set ca to the file of the authority that signed it, or pin to its SHA-256 fingerprint";

function readable(stream: Duplex): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      for (const event of WAKES) stream.removeListener(event, done);
      resolve();
    };
    for (const event of WAKES) stream.once(event, done);
  });
}
const WAKES = ["readable", "end", "close", "error"] as const;

/** What would make the dialogue say something else than it should. */
export function conserverFaults(options: OptionValues): OptionFault[] {
  const faults = ["console", "user"]
    .filter((option) => !/^[^\s\x00-\x1f\x7f]*$/.test(textOf(options, option)))
    .map((option) => ({ option, message: `"${option}" has a blank or a control character in it` }));
  const pin = textOf(options, "pin");
  if (pin !== "" && !FINGERPRINT.test(pin.toUpperCase()))
    faults.push({
      option: "pin",
      message: "a fingerprint is 32 pairs of hex digits with colons between them",
    });
  return faults;
}
