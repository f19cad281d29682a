/**
 * An administrator's own commands: a relay on USB, a fence agent, a script. One command a verb, words as they stand, no
 * shell. "{outlet}" in a word becomes the outlet's name; OOB_OUTLET and OOB_VERB have it too.
 *
 *   ended with 0                  taken, which proves nothing: the status command tells
 *   ended with 1 to 127           refused
 *   ended with 128 up, a signal   it may have happened, so it is read back
 *   not ended in time             killed with its group; the same
 *
 * The state is what the entry declares, by exit status or by output, and unknown otherwise: a status that is not
 * listed, an output that fits neither or both, no status command at all.
 */
import {
  type Clock,
  definePower,
  durationOf,
  isOutletName,
  MAX_REQUEST_TIME,
  messageOf,
  OobError,
  type OptionFault,
  type OptionSpec,
  type OptionValues,
  type OutletCommand,
  type OutletReading,
  type Pdu,
  type PowerContext,
  type PowerState,
  printable,
  type RunResult,
  runCommand,
  seconds,
  secretOf,
} from "oob/sdk";

const VERBS: readonly OutletCommand[] = ["on", "off", "reset", "soft", "nmi", "identify"];
const OUTLET = "{outlet}";
/** A status command that prints more tells nothing. */
const MAX_OUTPUT = 16 * 1024;
/** They are asked one after the other. */
const MAX_OUTLETS = 64;
/** Statuses that mean that a program failed: of interpreters and shells (1, 126, 127), and deaths by signal. */
const FAILED = (status: number) => status === 1 || status >= 126;
/** From here on a signal ended it, or ssh lost its way (255): nothing says how far it was. */
const CUT_SHORT = 128;

const words = (summary: string): OptionSpec => ({ kind: "list", summary });

export default definePower({
  summary: "Your own commands: one a verb, and one that tells the state",
  sources: ["exec(3) and waitpid(2): how a program is run and ends", "bash(1), EXIT STATUS"],
  address: "none",
  options: {
    outlets: { kind: "list", required: true, summary: "names of the outlets" },
    on: words("program and arguments that switch {outlet} on"),
    off: words("program and arguments that switch {outlet} off"),
    reset: words("the same for reset"),
    soft: words("the same for soft"),
    nmi: words("the same for nmi"),
    identify: words("the same for identify: a lamp"),
    status: words("program and arguments that tell the state of {outlet}"),
    "on-status": words("exit statuses that mean on"),
    "off-status": words("exit statuses that mean off"),
    "on-text": words('outputs that mean on, status 0: "*" stands for anything within a line'),
    "off-text": words("outputs that mean off, status 0"),
    secret: { kind: "secret", summary: "given to the commands as OOB_SECRET" },
    timeout: {
      kind: "duration",
      default: "10s",
      min: 100,
      max: MAX_REQUEST_TIME,
      summary: "how long one command may take",
    },
    settle: {
      kind: "duration",
      default: "5s",
      summary: "how long the old state may still be told",
    },
  },
  check: optionFaults,
  async open(options, context) {
    const [fault] = optionFaults(options);
    if (fault) throw new OobError("CONFIG_INVALID", `Cannot use these commands: ${fault.message}`);
    const ref = secretOf(options, "secret");
    return openCommands(options, ref && (await context.secret(ref)), context);
  },
});

const listOf = (options: OptionValues, name: string): readonly string[] => {
  const value = options[name];
  return Array.isArray(value) ? value.map(String) : [];
};

function optionFaults(options: OptionValues): readonly OptionFault[] {
  const list = (name: string) => listOf(options, name);
  const faults: OptionFault[] = [];
  const outlets = list("outlets");
  if (outlets.length === 0 || outlets.length > MAX_OUTLETS || !outlets.every(isOutletName))
    faults.push({
      option: "outlets",
      message: `expected 1 to ${MAX_OUTLETS} names of letters, digits and _ . : @ + -, none beginning with "-"`,
    });
  for (const verb of ["status", ...VERBS])
    if (/^(?:-|$)|\{outlet\}/.test(list(verb)[0] ?? "program"))
      faults.push({ option: verb, message: "its first word is no program" });
  return [...faults, ...answerFaults(list)];
}

/** What is wrong with what the answers of the status command are to mean. */
function answerFaults(list: (name: string) => readonly string[]): readonly OptionFault[] {
  const faults: OptionFault[] = [];
  const byStatus = list("on-status").length + list("off-status").length > 0;
  const byText = list("on-text").length + list("off-text").length > 0;
  if (list("status").length > 0 && byStatus === byText)
    faults.push({
      option: "status",
      message: "say what its answers mean",
      hint: "Either on-status and off-status, or on-text and off-text",
    });
  for (const state of ["on", "off"]) {
    if (!list(`${state}-status`).every((one) => /^\d{1,3}$/.test(one) && !FAILED(Number(one))))
      faults.push({
        option: `${state}-status`,
        message: "1, 126 and higher are how programs fail",
        hint: "Use 0 and 2 to 125, or on-text and off-text",
      });
    if (list(`${state}-text`).some((one) => /^[\s*]*$/.test(one)))
      faults.push({ option: `${state}-text`, message: "it would mean every answer" });
  }
  for (const kind of ["status", "text"])
    if (list(`on-${kind}`).some((one) => list(`off-${kind}`).includes(one)))
      faults.push({ option: `off-${kind}`, message: "one answer cannot mean on and off" });
  return faults;
}

function openCommands(
  options: OptionValues,
  secret: string | undefined,
  { clock }: Pick<PowerContext, "clock">,
): Pdu {
  const outlets = listOf(options, "outlets");
  const run = runnerOf(options, secret, clock);
  const readOne = async (name: string): Promise<OutletReading> => {
    const [state, note] = await stateOf(options, name, run);
    const seen = { instance: name, label: name, state, pending: false };
    return note === undefined ? seen : { ...seen, note };
  };
  const checked = (name: string) => {
    if (outlets.includes(name)) return name;
    const text = `Cannot use outlet "${printable(name, 100)}": the entry does not list it`;
    throw new OobError("OUTLET_UNKNOWN", text, { hint: `Outlets: ${outlets.join(", ")}` });
  };
  return {
    label: `exec ${printable(listOf(options, "on")[0] ?? "commands", 100)}`,
    commands: VERBS.filter((verb) => listOf(options, verb).length > 0),
    settle: durationOf(options, "settle", seconds(5)),
    async read() {
      const read: OutletReading[] = [];
      for (const name of outlets) read.push(await readOne(name).catch(unreadable(name)));
      return { family: "exec", outlets: read };
    },
    readOutlet: async (instance) => readOne(checked(instance)),
    async command(instance, command) {
      const { status, out, err } = await run(command, checked(instance));
      if (status === 0) return;
      const text = `Cannot switch ${instance} ${command}: the command ended with status ${status}`;
      const code = status >= CUT_SHORT ? "PDU_SILENT" : "PDU_REFUSED";
      throw new OobError(code, `${text}${quoted(err.trim() || out)}`);
    },
    close: () => Promise.resolve(),
  };
}

/** One relay that does not answer leaves the others readable. */
const unreadable =
  (name: string) =>
  (error: unknown): OutletReading => {
    if (!(error instanceof OobError)) throw error;
    return { instance: name, label: name, state: "unknown", pending: false, note: error.message };
  };

type Run = (verb: "status" | OutletCommand, outlet: string) => Promise<RunResult>;

function runnerOf(options: OptionValues, secret: string | undefined, clock: Clock): Run {
  const timeout = durationOf(options, "timeout", seconds(10));
  return async (verb, outlet) => {
    const command = listOf(options, verb);
    if (command.length === 0)
      throw new OobError("PDU_REFUSED", `Cannot do "${verb}" to ${outlet}: no command is declared`);
    const env = {
      ...{ OOB_OUTLET: outlet, OOB_VERB: verb },
      ...(secret !== undefined && { OOB_SECRET: secret }),
    };
    const filled = command.map((word) => word.replaceAll(OUTLET, outlet));
    // A script that is being debugged prints what it was given.
    const hidden = (text: string) => (secret ? text.replaceAll(secret, "[secret]") : text);
    const ended = await runCommand(filled, { clock, timeout, env }).catch((cause: unknown) => {
      const missing = cause instanceof OobError && cause.code === "LINK_REFUSED";
      const text = `Cannot do "${verb}" to ${outlet}: ${messageOf(cause)}`;
      // What did not even begin has switched nothing.
      throw new OobError(missing && verb !== "status" ? "PDU_REFUSED" : "PDU_SILENT", text, {
        cause,
        ...(cause instanceof OobError && cause.hint !== undefined && { hint: cause.hint }),
      });
    });
    return { ...ended, out: hidden(ended.out), err: hidden(ended.err) };
  };
}

/** What the status command's answer means, and what was seen where it means neither. */
async function stateOf(
  options: OptionValues,
  outlet: string,
  run: Run,
): Promise<readonly [state: PowerState, note?: string]> {
  if (listOf(options, "status").length === 0) return ["unknown", "no status command is declared"];
  const { status, out, err } = await run("status", outlet);
  const byText = listOf(options, "on-text").length + listOf(options, "off-text").length > 0;
  if (byText && (status !== 0 || out.length > MAX_OUTPUT))
    return ["unknown", `the status command ended with ${status}${quoted(err.trim() || out)}`];
  const means = (state: "on" | "off") => {
    if (!byText) return listOf(options, `${state}-status`).map(Number).includes(status);
    const texts = listOf(options, `${state}-text`).map((text) => text.replaceAll(OUTLET, outlet));
    return out.split("\n").some((line) => texts.some(fits(line.trim())));
  };
  const on = means("on");
  if (on !== means("off")) return [on ? "on" : "off"];
  const which = on ? "an answer that means both" : "an answer that is not declared";
  return ["unknown", `${which}: status ${status}${quoted(out.trim() || err)}`];
}

/** Whether a line is this pattern; linear in the line for each "*". */
const fits =
  (line: string) =>
  (pattern: string): boolean => {
    const [head = "", ...parts] = pattern.trim().split("*");
    const tail = parts.pop();
    if (tail === undefined) return line === head;
    if (!line.startsWith(head) || !line.endsWith(tail)) return false;
    let at = head.length;
    for (const part of parts) {
      const found = line.indexOf(part, at);
      if (found < 0) return false;
      at = found + part.length;
    }
    return at <= line.length - tail.length;
  };

const quoted = (text: string): string => {
  const said = printable(text.trim(), 120);
  return said === "" ? "" : `: "${said}"`;
};
