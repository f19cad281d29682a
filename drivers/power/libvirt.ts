/**
 * Domains of a libvirt host, through virsh. Each domain is an outlet: its name is the label, its UUID what is sent, so
 * that another domain of the same name is not taken for it.
 *
 * - on: there is a machine with its state, whether it runs, is paused, suspended or going down.
 * - off: "shut off", nothing else.
 * - unknown: all that is unclear, such as "crashed" and "no state", and every question that virsh did not answer.
 */
import {
  type Clock,
  definePower,
  durationOf,
  MAX_REQUEST_TIME,
  type Millis,
  messageOf,
  OobError,
  type OptionFault,
  type OptionValues,
  type OutletCommand,
  type OutletReading,
  type Pdu,
  type PowerState,
  printable,
  runCommand,
  seconds,
  textOf,
} from "oob/sdk";

/** What `virsh domstate` says (tools/virsh-domain-monitor.c), in the language C; all else is unknown. */
const STATES: Readonly<Record<string, PowerState>> = {
  running: "on",
  idle: "on",
  paused: "on",
  "in shutdown": "on",
  pmsuspended: "on",
  "shut off": "off",
};

const VERBS: Readonly<Partial<Record<OutletCommand, string>>> = {
  on: "start",
  off: "destroy",
  reset: "reset",
  soft: "shutdown",
  nmi: "inject-nmi",
};
const COMMANDS = Object.keys(VERBS) as readonly OutletCommand[];
const TIMEOUT: Millis = seconds(10);
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export default definePower({
  summary: "Domains of a libvirt host, through virsh",
  sources: ["virsh(1) of libvirt 9.0", "libvirt's test driver, and QEMU 7.2 by qemu:///session"],
  address: "none",
  options: {
    uri: { kind: "text", default: "qemu:///system", summary: "libvirt's connection URI" },
    tool: { kind: "text", default: "virsh", summary: "path of virsh" },
    timeout: {
      kind: "duration",
      default: "10s",
      min: 100,
      max: MAX_REQUEST_TIME,
      summary: "how long one call may take",
    },
  },
  check: optionFaults,
  open(options, { clock }) {
    const [fault] = optionFaults(options);
    if (fault) throw new OobError("CONFIG_INVALID", `Cannot use libvirt: ${fault.message}`);
    return Promise.resolve(openHost(options, clock));
  },
});

function optionFaults(options: OptionValues): readonly OptionFault[] {
  return textOf(options, "uri").startsWith("-")
    ? [{ option: "uri", message: 'it begins with "-", as options of virsh do' }]
    : [];
}

function openHost(options: OptionValues, clock: Clock): Pdu {
  const uri = textOf(options, "uri") || "qemu:///system";
  const virsh = new Virsh(
    [textOf(options, "tool") || "virsh", "-q", "-c", uri],
    `libvirt ${printable(uri, 100)}`,
    durationOf(options, "timeout", TIMEOUT),
    clock,
  );
  return {
    label: virsh.label,
    commands: COMMANDS,
    settle: seconds(5),
    async read() {
      const listed = (await virsh.run(["list", "--all", "--uuid"])).split("\n");
      const uuids = listed.map((line) => line.trim()).filter((line) => UUID.test(line));
      const outlets: OutletReading[] = [];
      for (const uuid of uuids) outlets.push(await readDomain(virsh, uuid));
      return { family: "libvirt", outlets };
    },
    readOutlet: async (instance) => readDomain(virsh, domainOf(instance)),
    command: async (instance, command) => obey(virsh, domainOf(instance), command),
    close: () => Promise.resolve(),
  };
}

/** Names come from the configuration and from the host: none of them may look like an option. */
function domainOf(instance: string): string {
  if (!instance.startsWith("-") && instance !== "") return instance;
  throw new OobError("OUTLET_UNKNOWN", `Cannot use "${printable(instance, 100)}": no such domain`);
}

async function readDomain(virsh: Virsh, domain: string): Promise<OutletReading> {
  const name = (await virsh.run(["domname", domain])).trim();
  const said = (await virsh.run(["domstate", domain])).trim();
  const state = Object.hasOwn(STATES, said) ? (STATES[said] ?? "unknown") : "unknown";
  return {
    instance: domain,
    label: printable(name, 128),
    state,
    pending: false,
    ...(said !== "running" && { note: `libvirt says "${printable(said, 100)}"` }),
  };
}

async function obey(virsh: Virsh, domain: string, command: OutletCommand): Promise<void> {
  const verb = VERBS[command];
  if (verb === undefined)
    throw new OobError("PDU_REFUSED", `Cannot do "${command}": libvirt has no such command`);
  await virsh.run([verb, domain], command);
}

// Already so: the device took the command, and the reading afterwards tells the rest.
const ALREADY: Readonly<Partial<Record<OutletCommand, RegExp>>> = {
  on: /already active|already running/,
  off: /domain is not running/,
};

/** One libvirt host as virsh reaches it. */
class Virsh {
  readonly label: string;
  readonly #words: readonly string[];
  readonly #timeout: Millis;
  readonly #clock: Clock;

  constructor(words: readonly string[], label: string, timeout: Millis, clock: Clock) {
    this.#words = words;
    this.label = label;
    this.#timeout = timeout;
    this.#clock = clock;
  }

  /** What it prints. `command`: what is being done, where it changes something. */
  async run(words: readonly string[], command?: OutletCommand): Promise<string> {
    const options = { clock: this.#clock, timeout: this.#timeout };
    const { status, out, err } = await runCommand([...this.#words, ...words], options).catch(
      (cause: unknown) => {
        const text = `Cannot ask ${this.label}: ${messageOf(cause)}`;
        const hint = "Does libvirtd run? virsh is in the package libvirt-clients";
        throw new OobError("PDU_SILENT", text, { cause, hint });
      },
    );
    if (status === 0) return out;
    if (command !== undefined && ALREADY[command]?.test(err)) return out;
    throw this.#refusal(words, err);
  }

  #refusal(words: readonly string[], err: string): OobError {
    const errors = err.split("\n").filter((line) => line.startsWith("error: "));
    const said = printable(errors.map((line) => line.slice(7).trim()).join("; "), 200);
    const [verb = "", domain = ""] = words;
    if (/failed to get domain|Domain not found/.test(said))
      return new OobError("OUTLET_UNKNOWN", `Cannot find "${domain}" at ${this.label}: ${said}`, {
        hint: "Look up its name: virsh list --all",
      });
    if (/failed to connect|Failed to connect|Cannot recv data|End of file/.test(said))
      return new OobError("PDU_SILENT", `Cannot ask ${this.label}: ${said}`, {
        hint: "Does libvirtd run, and may this user use it (group libvirt)?",
      });
    const text = `Cannot do "${verb}" to "${domain}" at ${this.label}: virsh says "${said}"`;
    return new OobError("PDU_REFUSED", text);
  }
}
