/**
 * The chassis behind a BMC, asked and told through ipmitool.
 *
 * ipmitool repeats what is not answered, under the same request number: one lost answer to a reset became four resets
 * (measured, 1.8.19 with ipmi_sim). So a command is sent with -R 1, once. Where ipmitool says that it got no session,
 * nothing was sent, and the whole is tried again.
 */
import {
  type ChassisStatus,
  chassisStatus,
  controllerFacts,
  fruSerial,
  systemGuid,
} from "../../codec/ipmitool-chassis.ts";
import { type SolRefusal, solRefusal } from "../../codec/ipmitool-sol.ts";
import type { Clock, Millis } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import { loginAgain } from "../dialogue/login-again.ts";
import type { OutletCommand } from "../power.ts";
import type { Ipmitool } from "./ipmitool.ts";
import type { RunResult } from "./run-command.ts";

// 12 s until a BMC that is not there is given up: the same as what is lost is resent, which is right for questions.
const ASK = ["-N", "1", "-R", "3"];
const TELL = ["-N", "3", "-R", "1"];
/** How often a session is begun for a command. */
const SESSIONS = 2;
/** Without `cipher-suite`: 17 (SHA-256), and 3 (SHA-1) where the BMC has not got that. */
const SUITES = [17, 3] as const;
/** A serial number that has to be read from the FRU, which takes seconds, is read again after so long. */
const FRU_FRESH: Millis = seconds(60);

// IPMI 2.0, 22.14 Get System GUID.
const GUID = "raw 0x06 0x37";
const WORDS: Readonly<Partial<Record<OutletCommand, readonly string[]>>> = {
  on: ["chassis", "power", "on"],
  off: ["chassis", "power", "off"],
  reset: ["chassis", "power", "reset"],
  soft: ["chassis", "power", "soft"],
  nmi: ["chassis", "power", "diag"],
  // The longest that fits into its byte, in round figures: time to walk to the rack.
  identify: ["chassis", "identify", "240"],
};

/** What a BMC can be told. Its own cycle is not among it: nobody could read back that it was off. */
export const CHASSIS_COMMANDS = Object.keys(WORDS) as readonly OutletCommand[];

/** A chassis as just read, and which it is. */
export interface ChassisReading extends ChassisStatus {
  readonly serial?: string;
  readonly model?: string;
  readonly firmware?: string;
}

export class IpmiChassis {
  readonly #bmc: Ipmitool;
  readonly #clock: Clock;
  #suites: readonly number[];
  #fru: { readonly at: Millis; readonly serial: string | undefined } | undefined;

  constructor(bmc: Ipmitool, clock: Clock) {
    this.#bmc = bmc;
    this.#clock = clock;
    this.#suites = bmc.suite === undefined ? SUITES : [bmc.suite];
  }

  get label(): string {
    return `ipmi ${this.#bmc.name}`;
  }

  /** Power and identity from one session; `whole`: what the BMC is, too. */
  async read(whole = false): Promise<ChassisReading> {
    const commands = ["chassis status", GUID, ...(whole ? ["mc info"] : [])];
    const { out, err } = await this.#talk("ask", (more) =>
      this.#bmc.callAll(commands, [...ASK, ...more]),
    );
    const status = chassisStatus(out);
    // The session stood and then the answer was lost: what is not said is unknown.
    if (!status)
      throw new OobError(
        "PDU_SILENT",
        `Cannot read ${this.label}: ipmitool says "${lastLine(err)}"`,
      );
    const guid = systemGuid(out);
    // A lost answer is no reason to know it by another number than before: only one that says "no such command".
    const none = /cmd=0x37 rsp=0xc1/.test(err) || /^(?: (?:00|ff)){16}/m.test(out);
    const serial = guid ?? (none ? await this.#fruSerial() : undefined);
    return { ...status, ...controllerFacts(out), ...(serial !== undefined && { serial }) };
  }

  /** Sends a command once. Throws PDU_REFUSED where the BMC said no, PDU_SILENT where its answer was lost. */
  async tell(command: OutletCommand): Promise<void> {
    const words = WORDS[command];
    if (words === undefined)
      throw new OobError("PDU_REFUSED", `Cannot do "${command}" at ${this.label}: no such command`);
    const { status, err } = await this.#talk(command, (more) =>
      this.#bmc.call([...TELL, ...more, ...words]),
    );
    if (status === 0) return;
    const [, why] =
      /^Set Chassis (?:Power Control to [\w/]{1,20}|Identify) failed: (.{1,100})$/m.exec(err) ?? [];
    if (why === undefined) {
      const text = `Cannot tell whether ${this.label} did "${command}": its answer was lost`;
      throw new OobError("PDU_SILENT", text);
    }
    throw new OobError(
      "PDU_REFUSED",
      `Cannot ${command} ${this.label}: the BMC says "${printable(why, 100)}"`,
      {
        hint: /privilege/i.test(why)
          ? "This user, or privilege: of the entry, must be operator or administrator"
          : "Not every BMC has every command in every state: see oob power status",
      },
    );
  }

  async #fruSerial(): Promise<string | undefined> {
    const now = this.#clock.monotonic();
    if (this.#fru === undefined || now - this.#fru.at > FRU_FRESH) {
      const { out } = await this.#talk("ask", (more) =>
        this.#bmc.call([...ASK, ...more, "fru", "print", "0"]),
      );
      this.#fru = { at: now, serial: fruSerial(out) };
    }
    return this.#fru.serial;
  }

  /** One call of ipmitool in which a session stood. Throws where none could be had: then nothing was sent. */
  async #talk(
    what: OutletCommand | "ask",
    call: (more: readonly string[]) => Promise<RunResult>,
  ): Promise<RunResult> {
    const { name: peer, user, env } = this.#bmc;
    const login = { peer: `ipmi ${peer}`, user, password: env.IPMITOOL_PASSWORD ?? "" };
    return loginAgain(login, this.#clock, () => this.#inSession(what, call));
  }

  async #inSession(
    what: OutletCommand | "ask",
    call: (more: readonly string[]) => Promise<RunResult>,
  ): Promise<RunResult> {
    for (let session = 1; ; session++) {
      const [suite] = this.#suites;
      const result = await call(this.#bmc.suite === undefined ? ["-C", String(suite)] : []).catch(
        (cause: unknown) => {
          throw this.#failed(what, cause);
        },
      );
      if (
        !/^Error: Unable to establish|^Address lookup for|^Could not open socket/m.test(result.err)
      )
        return result;
      const refusal = solRefusal(result.err);
      if (refusal && /cipher suite/.test(refusal.why) && this.#suites.length > 1) {
        this.#suites = this.#suites.slice(1);
        session--;
        continue;
      }
      const silent = refusal?.is === "refused" && /does not answer/.test(refusal.why);
      if (!silent || what === "ask" || session >= SESSIONS)
        throw this.#refused(what, refusal, result.err);
    }
  }

  #refused(what: OutletCommand | "ask", refusal: SolRefusal | undefined, said: string): OobError {
    const cannot = what === "ask" ? `Cannot read ${this.label}` : `Cannot ${what} ${this.label}`;
    if (!refusal)
      return new OobError("PDU_SILENT", `${cannot}: ipmitool says "${lastLine(said)}"`, {
        hint: "Try the same by hand: ipmitool -I lanplus … chassis status",
      });
    const { is, why, hint } = refusal;
    if (is !== "login") return new OobError("PDU_SILENT", `${cannot}: ${why}`, { hint });
    const user = printable(this.#bmc.user, 64);
    return new OobError("LOGIN_REFUSED", `Cannot log in to ${this.label} as "${user}": ${why}`, {
      hint,
    });
  }

  #failed(what: OutletCommand | "ask", cause: unknown): OobError {
    const cannot = what === "ask" ? `Cannot read ${this.label}` : `Cannot ${what} ${this.label}`;
    const hint = cause instanceof OobError ? cause.hint : undefined;
    return new OobError("PDU_SILENT", `${cannot}: ${messageOf(cause)}`, {
      cause,
      ...(hint !== undefined && { hint }),
    });
  }
}

function lastLine(said: string): string {
  const lines = said.split("\n").filter((line) => line.trim() !== "");
  return printable(lines.at(-1)?.trim() ?? "", 200);
}
