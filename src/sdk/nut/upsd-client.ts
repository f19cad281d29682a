import { UpsdCodec, type UpsdEvent } from "../../codec/upsd.ts";
import type { Clock, Millis } from "../../lib/clock.ts";
import { OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import { type Talk, type TalkPeer, withTalk } from "../network/talk.ts";

/** Lines that one list may have. */
const MAX_LIST = 20_000;
/** How often upsd is asked whether the driver has carried out what it was told. */
const LOOK_EVERY: Millis = 200;

/** Errors that say who may not. */
const DENIED: ReadonlySet<string> = new Set([
  "ACCESS-DENIED",
  "USERNAME-REQUIRED",
  "PASSWORD-REQUIRED",
  "INVALID-USERNAME",
  "INVALID-PASSWORD",
]);
/** Errors that prove that nothing was sent to the device. */
const REFUSED: ReadonlySet<string> = new Set([
  "CMD-NOT-SUPPORTED",
  "INVALID-ARGUMENT",
  "INVALID-VALUE",
  "UNKNOWN-COMMAND",
]);

/** A device that an upsd knows. */
export interface UpsdDevice extends TalkPeer {
  readonly ups: string;
  /** Under TLS: what the certificate must be, "sha256:…"; "": signed by an authority that is known here. */
  readonly pin?: string;
}

/** A connection to upsd for the time of `work`. Throws PDU_SILENT, LOGIN_REFUSED, PDU_REFUSED, PDU_UNKNOWN. */
export function withUpsd<Result>(
  device: UpsdDevice,
  clock: Clock,
  work: (upsd: UpsdClient) => Promise<Result>,
): Promise<Result> {
  const codec = new UpsdCodec();
  return withTalk(device, codec, clock, async (talk) => {
    const upsd = new UpsdClient(device, talk, codec, clock);
    if (device.pin !== undefined) await upsd.secure(device.pin);
    return work(upsd);
  });
}

/** Questions to upsd about one device, one at a time. */
export class UpsdClient {
  readonly #device: UpsdDevice;
  readonly #talk: Talk<UpsdEvent>;
  readonly #codec: UpsdCodec;
  readonly #clock: Clock;

  constructor(device: UpsdDevice, talk: Talk<UpsdEvent>, codec: UpsdCodec, clock: Clock) {
    this.#device = device;
    this.#talk = talk;
    this.#codec = codec;
    this.#clock = clock;
  }

  /** Its variables: name and value. */
  async variables(): Promise<ReadonlyMap<string, string>> {
    const lines = await this.#list("VAR");
    return new Map(lines.map(([name = "", value = ""]) => [name, value]));
  }

  /** Names of its commands. */
  async commands(): Promise<ReadonlySet<string>> {
    return new Set((await this.#list("CMD")).map(([name = ""]) => name));
  }

  /** upsd takes any name and password, and looks at them when something is ordered. */
  async logIn(user: string, password: string): Promise<void> {
    if (/[\x00-\x1f\x7f]/.test(user + password))
      throw new OobError("LOGIN_REFUSED", `Cannot log in to ${this.#device.label}`, {
        hint: "User and password must be without control characters",
      });
    if (user !== "") await this.#checked("log in", "USERNAME", user);
    if (password !== "") await this.#checked("log in", "PASSWORD", password);
  }

  /** Orders once, and waits until the driver says that it did. A driver that says FAILED may have done it: PDU_SILENT. */
  async order(command: string): Promise<void> {
    // Older ones cannot; then a plain OK is all that they say.
    await this.#reply("SET", "TRACKING", "ON");
    const what = `do "${command}"`;
    const [, , id] = await this.#checked(what, "INSTCMD", this.#device.ups, command);
    while (id !== undefined) {
      const [result] = await this.#checked(what, "GET", "TRACKING", id);
      if (result !== "PENDING") return;
      await this.#clock.sleep(LOOK_EVERY);
    }
  }

  /** Goes on under TLS, or not at all. */
  async secure(pin: string): Promise<void> {
    const [said, why = ""] = await this.#reply("STARTTLS");
    if (said === "OK") return this.#talk.secure(pin);
    const text = `Cannot log in to ${this.#device.label}: it offers no TLS, "${printable(why, 60)}"`;
    const hint = "Give upsd a certificate: CERTFILE or CERTPATH in its upsd.conf";
    throw new OobError("LOGIN_REFUSED", text, { hint });
  }

  /** What stands behind the device's name in each line of a list. */
  async #list(kind: "VAR" | "CMD"): Promise<(readonly string[])[]> {
    await this.#checked("read the outlets", "LIST", kind, this.#device.ups);
    const lines: (readonly string[])[] = [];
    while (lines.length < MAX_LIST) {
      const [first, , ...rest] = await this.#next();
      if (first === "END") return lines;
      if (first === kind) lines.push(rest);
    }
    throw this.#stranger(`a list of more than ${MAX_LIST} lines`);
  }

  /** The words of an answer that is no error. */
  async #checked(what: string, ...words: readonly string[]): Promise<readonly string[]> {
    const said = await this.#reply(...words);
    if (said[0] === "ERR") throw this.#failure(what, said[1] ?? "");
    return said;
  }

  #reply(...words: readonly string[]): Promise<readonly string[]> {
    this.#codec.ask(...words);
    return this.#next();
  }

  async #next(): Promise<readonly string[]> {
    const event = await this.#talk.next();
    if (event.is === "said") return event.words;
    throw this.#stranger(event.what);
  }

  #stranger(said: string): OobError {
    const text = `Cannot talk to ${this.#device.label}: it says "${printable(said, 80)}"`;
    return new OobError("PDU_UNKNOWN", text, { hint: "Another service listens at that port" });
  }

  #failure(what: string, code: string): OobError {
    const { label, ups } = this.#device;
    const message = `Cannot ${what} at ${label}: upsd says "${printable(code, 60)}"`;
    if (DENIED.has(code))
      return new OobError("LOGIN_REFUSED", message, {
        hint: "upsd.users there: user, password, and instcmds = the commands that it may give",
      });
    if (code === "UNKNOWN-UPS")
      return new OobError("PDU_UNKNOWN", message, { hint: `It has no "${ups}": upsc -l` });
    if (REFUSED.has(code)) return new OobError("PDU_REFUSED", message);
    return new OobError("PDU_SILENT", message, {
      hint: "Its driver has no answer from the device, or does not run: see the log of NUT there",
    });
  }
}
