import { solOwner } from "../../codec/ipmitool-sol.ts";
import type { Clock, Millis } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";
import {
  numberOf,
  type OptionFault,
  type OptionSpecs,
  type OptionValues,
  type SecretRef,
  secretOf,
  textOf,
} from "../options.ts";
import { type RunResult, runCommand } from "./run-command.ts";

const IPMI_PORT = 623;
/** ipmitool itself gives up after 20 s without an answer. */
const CALL_TIMEOUT: Millis = seconds(30);
// IPMI 2.0, 24.5 Get Payload Instance Info, of payload type 1 (SOL), instance 1.
const INSTANCE_INFO = ["raw", "0x06", "0x4b", "0x01", "0x01"];

/** Options of every driver that reaches a BMC by ipmitool. */
export const IPMITOOL_OPTIONS: OptionSpecs = {
  host: { kind: "text", required: true, summary: "name or address of the BMC" },
  port: { kind: "integer", default: IPMI_PORT, min: 1, max: 65535, summary: "UDP port" },
  user: { kind: "text", required: true, summary: "user of the BMC" },
  password: { kind: "secret", required: true, summary: "its password" },
  "cipher-suite": {
    kind: "integer",
    min: 0,
    max: 17,
    summary: "3 or 17; without it ipmitool chooses (17)",
  },
  privilege: {
    kind: "choice",
    choices: ["user", "operator", "administrator"],
    default: "administrator",
    summary: "privilege level asked for",
  },
  tool: { kind: "text", default: "ipmitool", summary: "path of ipmitool" },
};

/** What is wrong with them. */
export function ipmitoolFaults(options: OptionValues): readonly OptionFault[] {
  return ["host", "user"]
    .filter((option) => textOf(options, option).startsWith("-"))
    .map((option) => ({ option, message: 'it begins with "-", as options of ipmitool do' }));
}

/** A BMC as ipmitool reaches it: IPMI 2.0 over LAN, the password in the environment and never among the words. */
export class Ipmitool {
  /** "bmc7", "bmc7:6230". */
  readonly name: string;
  readonly user: string;
  /** The program and its options; the command goes behind, or more options. */
  readonly words: readonly string[];
  /** The cipher suite that the entry names. */
  readonly suite: number | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly #clock: Clock;

  private constructor(options: OptionValues, password: string, clock: Clock) {
    const host = textOf(options, "host");
    const port = numberOf(options, "port", IPMI_PORT);
    const suite = numberOf(options, "cipher-suite", -1);
    this.name = port === IPMI_PORT ? host : `${host}:${port}`;
    this.user = textOf(options, "user");
    this.suite = suite < 0 ? undefined : suite;
    this.words = [
      // -v: says why a login failed, on the error output.
      ...[textOf(options, "tool") || "ipmitool", "-v", "-I", "lanplus", "-H", host],
      ...["-p", String(port), "-U", this.user, "-E"],
      ...["-L", (textOf(options, "privilege") || "administrator").toUpperCase()],
      ...(suite < 0 ? [] : ["-C", String(suite)]),
    ];
    this.env = { IPMITOOL_PASSWORD: password };
    this.#clock = clock;
  }

  /** Fetches the password. */
  static async make(
    options: OptionValues,
    context: {
      readonly clock: Clock;
      readonly secret: (ref: SecretRef) => Promise<string>;
    },
  ): Promise<Ipmitool> {
    const [fault] = ipmitoolFaults(options);
    if (fault) throw new OobError("USAGE", `Cannot use this ${fault.option}: ${fault.message}`);
    const secret = secretOf(options, "password");
    const password = secret === undefined ? "" : await context.secret(secret);
    return new Ipmitool(options, password, context.clock);
  }

  /** Runs one command in a session of its own. */
  call(command: readonly string[]): Promise<RunResult> {
    const options = { clock: this.#clock, timeout: CALL_TIMEOUT, env: this.env };
    return runCommand([...this.words, ...command], options);
  }

  /** Runs commands one after the other in one session. None of them may be anything but a constant of ours. */
  async callAll(commands: readonly string[], more: readonly string[]): Promise<RunResult> {
    const options = { clock: this.#clock, timeout: CALL_TIMEOUT, env: this.env };
    // ipmitool opens its list by name, and the kernel opens no socket by name, as Node's pipes are: the shell makes one.
    const script = `printf '%s\\n' ${commands.map((one) => `'${one}'`).join(" ")} | "$@" exec /dev/stdin`;
    const words = [...this.words, ...more];
    const result = await runCommand(["/bin/sh", "-c", script, "sh", ...words], options);
    // The shell's word for a program that is not there: asked for by itself, it is said as everywhere.
    return result.status === 127 ? runCommand([...words, "-V"], options) : result;
  }

  /** Which session has serial over LAN: its id, "none", or undefined where the BMC does not say. */
  async solOwner(): Promise<string | undefined> {
    const { out } = await this.call(INSTANCE_INFO).catch(() => ({ out: "" }));
    return solOwner(out);
  }
}
