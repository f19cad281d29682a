/**
 * A PDU that talks to people: prompts, menus, tables. What it says is data, in drivers/power/serial/; this walks through it
 * over any console driver.
 *
 *   read ───► key ─► where is it? ─► log in ─► status ─► table ─┐ the same outlets twice in a row: it counts
 *                                                              └► others: read again, at most MAX_TABLES
 *   command ► key ─► where is it? ─► log in ─► typed once ─► answer      taken | PDU_REFUSED | PDU_SILENT: unknown
 *   close ──► key ─► out, so that its one session is free
 *
 * A line loses bytes, and a row that runs into the next one shows the other's state. Then a row is missing: so a table
 * counts only if it lists the same outlets by the same names as the one before it. What is not in the family's words for on
 * and off is unknown.
 */
import {
  Conversation,
  type ConversationResult,
  definePower,
  durationOf,
  type Link,
  loginInTurn,
  OobError,
  type OptionValues,
  type OutletCommand,
  type OutletReading,
  type OutletRow,
  outletRows,
  type Pdu,
  type PduReading,
  type PowerContext,
  printable,
  rowReadings,
  type SerialPduProfile,
  seconds,
  secretOf,
  textOf,
  withLineEnd,
} from "oob/sdk";

/** Tables that one reading may take, until two in a row list the same outlets. */
const MAX_TABLES = 4;
const MAX_OUTLETS = 512;
/** How long leaving may take. */
const LEAVE_WITHIN = seconds(5);
const SECRETS: ReadonlySet<string> = new Set(["password"]);
/** What a dialogue may end with that proves that nothing was switched. */
const REFUSALS: ReadonlySet<string> = new Set(["PDU_REFUSED", "LOGIN_REFUSED", "PORT_BUSY"]);
const COMMANDS: readonly OutletCommand[] = ["on", "off"];

export default definePower({
  summary: "PDU with prompts and menus, over any console driver (via:)",
  sources: ["the profiles in drivers/power/serial/, each with its own"],
  address: "none",
  through: true,
  options: {
    profile: { kind: "text", required: true, profile: "serial", summary: "family of the PDU" },
    user: { kind: "text", summary: "user at the PDU, where it asks for one" },
    password: { kind: "secret", summary: "password at the PDU" },
    patience: {
      kind: "duration",
      default: "15s",
      min: 1000,
      summary: "how long the PDU may be silent before it answers",
    },
  },
  async open(options, context) {
    const name = textOf(options, "profile");
    const profile = (await context.profiles<SerialPduProfile>("serial")).get(name);
    if (!profile) throw new OobError("DRIVER_UNKNOWN", `Cannot find the serial PDU "${name}"`);
    if (!context.through)
      throw new OobError(
        "CONFIG_INVALID",
        `Cannot open ${name}: "via:", the way to it, is missing`,
      );
    return new SerialPdu(name, profile, context.through, options, context);
  },
});

/** What a talk is for. */
type Aim = "table" | "command" | "leave";

class SerialPdu implements Pdu {
  readonly label: string;
  readonly commands = COMMANDS;
  readonly settle: number;
  readonly #family: string;
  readonly #profile: SerialPduProfile;
  readonly #link: Link;
  readonly #options: OptionValues;
  readonly #patience: number;
  readonly #context: PowerContext;
  readonly #talk: Conversation;
  readonly #closing = new AbortController();
  /** A talk went well: there is a session to be left. */
  #inside = false;
  /** What came last was not understood: nothing of this line is believed any more. */
  #broken = false;
  #busy = false;
  /** Outlets and names of the last table. */
  #listed: string | undefined;
  /** Names by outlet. */
  #outlets: ReadonlyMap<string, string> = new Map();

  constructor(
    family: string,
    profile: SerialPduProfile,
    link: Link,
    options: OptionValues,
    context: PowerContext,
  ) {
    this.#family = family;
    this.#profile = profile;
    this.#patience = durationOf(options, "patience", seconds(15));
    this.#link = withLineEnd(link, context.clock, this.#patience);
    this.#options = options;
    this.#context = context;
    this.#talk = new Conversation(this.#link, context.clock);
    this.label = `${family} via ${link.label}`;
    this.settle = profile.settle;
  }

  async read(): Promise<PduReading> {
    const cannot = `Cannot read ${this.label}`;
    for (let tables = 0; tables < MAX_TABLES; tables++) {
      const rows = await this.#table(cannot);
      const listed = JSON.stringify(rows.map(({ outlet, name }) => [outlet, name]));
      const same = listed === this.#listed;
      this.#listed = listed;
      if (!same || rows.length === 0) continue;
      this.#outlets = new Map(rows.map(({ outlet, name = "" }) => [outlet, name]));
      return { family: this.#family, outlets: rowReadings(rows, this.#profile) };
    }
    this.#broken = true;
    const seen = this.#listed === "[]" ? "it lists no outlets" : "each of its tables lists others";
    throw new OobError("PDU_SILENT", `${cannot}: ${seen}`, {
      hint: "Bytes get lost on the line, or the profile is that of another family",
    });
  }

  async readOutlet(instance: string): Promise<OutletReading> {
    const { outlets } = await this.read();
    const found = outlets.find((outlet) => outlet.instance === instance);
    if (found) return found;
    throw this.#unknown(instance);
  }

  async command(instance: string, command: OutletCommand): Promise<void> {
    const cannot = `Cannot switch ${instance} of ${this.label}`;
    if (command !== "on" && command !== "off")
      throw new OobError("PDU_REFUSED", `${cannot}: there is no "${command}"`);
    // Nothing is sent to a device that has not shown this outlet on this very line.
    if (this.#outlets.size === 0) await this.read();
    if (!this.#outlets.has(instance)) throw this.#unknown(instance);
    const name = this.#outlets.get(instance) ?? "";
    const turn = this.#profile.turn[command];
    const values = { outlet: instance, turn, [command]: "yes", ...(name !== "" && { name }) };
    await this.#run("command", cannot, values);
  }

  async close(): Promise<void> {
    const leaves = this.#profile.leaves && this.#inside && !this.#busy && !this.#broken;
    if (leaves) {
      const { clock } = this.#context;
      const late = clock.after(LEAVE_WITHIN, () => this.#closing.abort());
      await this.#run("leave", `Cannot leave ${this.label}`).catch(() => undefined);
      late.cancel();
    }
    this.#closing.abort();
    await this.#link.close();
  }

  /** One table, as it came. */
  async #table(cannot: string): Promise<readonly OutletRow[]> {
    const { captured } = await this.#run("table", cannot);
    const rows = outletRows(captured);
    if (rows.length <= MAX_OUTLETS) return rows;
    throw new OobError("PDU_SILENT", `${cannot}: it lists more than ${MAX_OUTLETS} outlets`);
  }

  /** One talk. Throws PDU_SILENT where nobody can tell how it ended. */
  async #run(
    aim: Aim,
    cannot: string,
    more: Readonly<Record<string, string>> = {},
  ): Promise<ConversationResult> {
    const { opens, begins, typed, steps } = this.#profile;
    if (this.#broken || this.#closing.signal.aborted)
      throw new OobError("PDU_SILENT", `${cannot}: it is given up, and opened anew the next time`);
    const values = await this.#values({ ...more, [aim]: "yes" });
    const login = {
      peer: this.#link.label,
      user: values.get("user") ?? "",
      password: values.get("password") ?? "",
    };
    let sent = false;
    this.#busy = true;
    try {
      const done = await loginInTurn(login, this.#context.clock, () =>
        this.#talk.run(steps, {
          first: this.#inside ? begins : opens,
          values,
          secret: SECRETS,
          failing: cannot,
          signal: AbortSignal.any([this.#context.signal, this.#closing.signal]),
          patience: this.#patience,
          progress: (step) => {
            if (step === typed) sent = true;
          },
        }),
      );
      this.#inside = aim !== "leave";
      return done;
    } catch (thrown) {
      // A no is an answer, and the PDU is where it was; after anything else nobody knows where it is.
      this.#broken = codeOf(thrown) !== "PDU_REFUSED";
      throw told(thrown, cannot, sent);
    } finally {
      this.#busy = false;
    }
  }

  async #values(more: Readonly<Record<string, string>>): Promise<ReadonlyMap<string, string>> {
    const values = new Map(Object.entries(more));
    const user = textOf(this.#options, "user");
    const password = secretOf(this.#options, "password");
    if (user !== "") values.set("user", user);
    if (password) values.set("password", await this.#context.secret(password));
    return values;
  }

  #unknown(instance: string): OobError {
    const text = `Cannot find outlet "${printable(instance, 40)}" of ${this.label}: it lists no such`;
    return new OobError("OUTLET_UNKNOWN", text);
  }
}

const codeOf = (thrown: unknown) => (thrown instanceof OobError ? thrown.code : undefined);

/** What a failed talk proves: a refusal that nothing moved; after a command anything else but a plain no proves nothing. */
function told(thrown: unknown, cannot: string, sent: boolean): unknown {
  const code = codeOf(thrown) ?? "";
  if (code === "PDU_REFUSED" || (!sent && REFUSALS.has(code)) || code === "SECRET_MISSING")
    return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const text = message.startsWith(cannot) ? message : `${cannot}: ${message}`;
  const hint = thrown instanceof OobError ? thrown.hint : undefined;
  return new OobError("PDU_SILENT", text, { cause: thrown, ...(hint !== undefined && { hint }) });
}
