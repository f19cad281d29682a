/*
 * One mail over SMTP (RFC 5321): connect ► EHLO ► STARTTLS, certificate judged, EHLO again (RFC 3207) ► AUTH (RFC 4954)
 * ► MAIL ► RCPT … ► DATA ► message ► QUIT. What the server offered in clear text is forgotten when TLS begins, and what
 * it said behind its agreement to that ends the talk.
 */
import { SmtpCodec, type SmtpEvent } from "../../codec/smtp.ts";
import type { Clock, Millis } from "../../lib/clock.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import { addressText } from "../network/connect-socket.ts";
import { type Talk, withTalk } from "../network/talk.ts";

/** A mail server, and how to log in to it. */
export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  /** `starttls`: demanded, never left out because the server does not offer it. */
  readonly tls: "starttls" | "implicit" | "none";
  readonly pin: string;
  readonly within: Millis;
  /** Our name in EHLO. */
  readonly name: string;
  readonly login?: { readonly user: string; readonly password: string };
}

/** Who sends to whom. */
interface Envelope {
  readonly from: string;
  readonly to: readonly string[];
  readonly text: string;
}

/** Sends one mail; gives the server's words to it. Throws NOTIFY_FAILED, LOGIN_REFUSED. */
export async function sendBySmtp(
  server: SmtpServer,
  envelope: Envelope,
  clock: Clock,
): Promise<string> {
  const label = `mail server ${printable(addressText(server), 100)}`;
  const peer = {
    ...{ label, host: server.host, port: server.port, within: server.within },
    hint: "Does the mail server run there, on this port, and with this kind of TLS?",
  };
  const codec = new SmtpCodec();
  try {
    return await withTalk(peer, codec, clock, (talk) =>
      new Delivery(server, label, talk, codec).run(envelope),
    );
  } catch (thrown) {
    if (thrown instanceof OobError && thrown.code !== "PDU_SILENT") throw thrown;
    throw new OobError("NOTIFY_FAILED", messageOf(thrown), { cause: thrown, hint: peer.hint });
  }
}

class Delivery {
  readonly #server: SmtpServer;
  readonly #label: string;
  readonly #talk: Talk<SmtpEvent>;
  readonly #codec: SmtpCodec;

  constructor(server: SmtpServer, label: string, talk: Talk<SmtpEvent>, codec: SmtpCodec) {
    this.#server = server;
    this.#label = label;
    this.#talk = talk;
    this.#codec = codec;
  }

  async run({ from, to, text }: Envelope): Promise<string> {
    const { tls, login, pin } = this.#server;
    if (tls === "implicit") await this.#talk.secure(pin);
    await this.#reply("greeting", [220]);
    let offers = await this.#hello();
    if (tls === "starttls") {
      if (!offers.some((offer) => /^STARTTLS$/i.test(offer)))
        throw this.#failed(
          "it offers no STARTTLS",
          "Use tls: implicit where it speaks TLS at once",
        );
      await this.#ask("STARTTLS", [220]);
      await this.#talk.secure(pin);
      offers = await this.#hello();
    }
    if (login) await this.#logIn(login, offers);
    await this.#ask(`MAIL FROM:<${from}>`, [250]);
    for (const one of to) await this.#ask(`RCPT TO:<${one}>`, [250, 251]);
    await this.#ask("DATA", [354]);
    this.#codec.sayData(text);
    const said = await this.#reply("message", [250]);
    // It is delivered, whatever becomes of the farewell.
    this.#codec.say("QUIT");
    await this.#talk.next().catch(() => undefined);
    return printable(said.join(" "), 100);
  }

  #hello(): Promise<readonly string[]> {
    return this.#ask(`EHLO ${this.#server.name}`, [250]);
  }

  async #logIn(
    { user, password }: NonNullable<SmtpServer["login"]>,
    offers: readonly string[],
  ): Promise<void> {
    const auth = offers.find((offer) => /^AUTH[ =]/i.test(offer)) ?? "";
    const ways = auth.toUpperCase().split(/[ =]+/);
    try {
      if (ways.includes("PLAIN")) {
        this.#codec.say(`AUTH PLAIN ${base64(`\0${user}\0${password}`)}`);
        await this.#secretReply([235]);
      } else if (ways.includes("LOGIN")) {
        this.#codec.say("AUTH LOGIN");
        await this.#secretReply([334]);
        this.#codec.say(base64(user));
        await this.#secretReply([334]);
        this.#codec.say(base64(password));
        await this.#secretReply([235]);
      } else throw this.#failed("it offers no login that we know (PLAIN, LOGIN)", "See its AUTH");
    } catch (thrown) {
      if (!(thrown instanceof Refused)) throw thrown;
      throw new OobError(
        "LOGIN_REFUSED",
        `Cannot log in to ${this.#label} as "${printable(user, 100)}": it answers ${thrown.status}`,
        { hint: "Check user: and the secret of password:" },
      );
    }
  }

  /** The words of a server to a login are shown nowhere: they may repeat it. */
  async #secretReply(wanted: readonly number[]): Promise<void> {
    const event = await this.#talk.next();
    const status = event.is === "reply" ? event.code : 0;
    if (!wanted.includes(status)) throw new Refused(status);
  }

  #ask(command: string, wanted: readonly number[]): Promise<readonly string[]> {
    this.#codec.say(command);
    return this.#reply(command, wanted);
  }

  async #reply(to: string, wanted: readonly number[]): Promise<readonly string[]> {
    const event = await this.#talk.next();
    if (event.is === "violation")
      throw this.#failed(`its answer is no SMTP: "${printable(event.what, 100)}"`, "Another port?");
    if (wanted.includes(event.code)) return event.lines;
    const said = printable(`${event.code} ${event.lines.join(" ")}`, 200);
    const later = event.code >= 400 && event.code < 500;
    throw this.#failed(
      `it answers "${said}" to ${printable(to, 100)}`,
      later ? "It may take it later; tried again" : "Look at its words, and at its own log",
    );
  }

  #failed(why: string, hint: string): OobError {
    return new OobError("NOTIFY_FAILED", `Cannot send mail by ${this.#label}: ${why}`, { hint });
  }
}

class Refused extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`refused with ${status}`);
    this.status = status;
  }
}

const base64 = (text: string): string => Buffer.from(text, "utf8").toString("base64");
