/**
 * Machines of vCenter or an ESXi host, through govc. Each machine that is named in the entry is an outlet; what is sent
 * is its UUID, so that another machine of the same name is not taken for it.
 *
 * - on: "poweredOn"; off: "poweredOff".
 * - unknown: "suspended" (nothing runs, and its state is kept), all else, and every question without an answer.
 *
 * The password goes in the environment (GOVC_PASSWORD), never among the words.
 */
import {
  type Clock,
  definePower,
  durationOf,
  flagOf,
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
  secretOf,
  textOf,
} from "oob/sdk";

/** VirtualMachinePowerState of the vSphere API; all else is unknown. */
const STATES: Readonly<Record<string, PowerState>> = { poweredOn: "on", poweredOff: "off" };

/** Options of `govc vm.power`. It has no NMI. */
const VERBS: Readonly<Partial<Record<OutletCommand, string>>> = {
  on: "-on",
  off: "-off",
  reset: "-reset",
  soft: "-s",
};
const COMMANDS = Object.keys(VERBS) as readonly OutletCommand[];
const TIMEOUT: Millis = MAX_REQUEST_TIME;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export default definePower({
  summary: "Machines of vCenter or ESXi, through govc",
  sources: [
    "govmomi's govc: USAGE.md, vm.power and vm.info; vSphere API VirtualMachinePowerState",
    "tried against a stand-in for govc only",
  ],
  address: "none",
  options: {
    url: { kind: "text", required: true, summary: "vCenter or host: https://vc1.example" },
    user: { kind: "text", required: true, summary: "user there" },
    password: { kind: "secret", required: true, summary: "its password" },
    machines: {
      kind: "list",
      required: true,
      summary: "names or inventory paths of the machines (/dc1/vm/web1)",
    },
    insecure: { kind: "boolean", default: false, summary: "takes any certificate" },
    timeout: {
      kind: "duration",
      default: "18s",
      min: 100,
      max: MAX_REQUEST_TIME,
      summary: "how long one call may take",
    },
    tool: { kind: "text", default: "govc", summary: "path of govc" },
  },
  check: optionFaults,
  async open(options, { clock, secret }) {
    const [fault] = optionFaults(options);
    if (fault) throw new OobError("CONFIG_INVALID", `Cannot use govc: ${fault.message}`);
    const ref = secretOf(options, "password");
    return openCenter(options, ref === undefined ? "" : await secret(ref), clock);
  },
});

function machinesOf(options: OptionValues): readonly string[] {
  return Array.isArray(options.machines) ? options.machines.map(String) : [];
}

function optionFaults(options: OptionValues): readonly OptionFault[] {
  const machines = machinesOf(options);
  if (machines.length === 0) return [{ option: "machines", message: "name at least one machine" }];
  return machines
    .filter((name) => name.startsWith("-") || name === "")
    .map((name) => ({ option: "machines", message: `"${name}" begins as options of govc do` }));
}

/** Runs govc; gives what it printed, or throws. */
type Govc = (words: readonly string[]) => Promise<string>;

function openCenter(options: OptionValues, password: string, clock: Clock): Pdu {
  const label = `vmware ${printable(textOf(options, "url"), 100)}`;
  const govc = govcOf(options, password, label, clock);
  const machines = machinesOf(options);
  return {
    label,
    commands: COMMANDS,
    settle: seconds(15),
    async read() {
      return {
        family: "vmware",
        outlets: outletsIn(await govc(["vm.info", "-json", ...machines])),
      };
    },
    async readOutlet(instance) {
      const words = ["vm.info", "-json", "-vm.uuid", uuidOf(instance)];
      const outlet = outletsIn(await govc(words)).find((one) => one.instance === instance);
      if (outlet) return outlet;
      throw new OobError("OUTLET_UNKNOWN", `Cannot find machine "${instance}" at ${label}`);
    },
    async command(instance, command) {
      const verb = VERBS[command];
      if (verb === undefined)
        throw new OobError(
          "PDU_REFUSED",
          `Cannot do "${command}" at ${label}: govc has no such command`,
        );
      await govc(["vm.power", verb, "-vm.uuid", uuidOf(instance)]);
    },
    close: () => Promise.resolve(),
  };
}

function uuidOf(instance: string): string {
  if (UUID.test(instance)) return instance;
  throw new OobError("OUTLET_UNKNOWN", `Cannot use "${printable(instance, 100)}": it is no UUID`);
}

function govcOf(options: OptionValues, password: string, label: string, clock: Clock): Govc {
  const env = {
    GOVC_URL: textOf(options, "url"),
    GOVC_USERNAME: textOf(options, "user"),
    GOVC_PASSWORD: password,
    GOVC_INSECURE: flagOf(options, "insecure") ? "1" : "0",
    // A session kept on disk would be another way in.
    GOVC_PERSIST_SESSION: "false",
  };
  const run = { clock, timeout: durationOf(options, "timeout", TIMEOUT), env };
  const tool = textOf(options, "tool") || "govc";
  return async (words) => {
    const { status, out, err } = await runCommand([tool, ...words], run).catch((cause: unknown) => {
      throw new OobError("PDU_SILENT", `Cannot ask ${label}: ${messageOf(cause)}`, {
        cause,
        hint: "Does vCenter answer, and is govc installed?",
      });
    });
    if (status !== 0) throw refusal(label, words, err);
    return out;
  };
}

function refusal(label: string, words: readonly string[], err: string): OobError {
  const said = printable(err.trim().replace(/^govc: /, ""), 200);
  if (/incorrect user name or password|Cannot complete login|NotAuthenticated/i.test(said))
    return new OobError("LOGIN_REFUSED", `Cannot log in to ${label}: it says "${said}"`, {
      hint: "Check user and password in the entry of this PDU",
    });
  if (/not found/i.test(said))
    return new OobError("OUTLET_UNKNOWN", `Cannot find a machine at ${label}: "${said}"`);
  if (/dial tcp|connection refused|no such host|i\/o timeout|x509/i.test(said))
    return new OobError("PDU_SILENT", `Cannot ask ${label}: ${said}`, {
      hint: "Check url and network; insecure: true takes a certificate that nobody signed",
    });
  const verb = words.slice(0, 2).join(" ");
  return new OobError("PDU_REFUSED", `Cannot do "${verb}" at ${label}: govc says "${said}"`);
}

/** Machines in the answer of vm.info -json: keys begin with a capital before govc 0.31. */
function outletsIn(answer: string): OutletReading[] {
  let found: unknown;
  try {
    const parsed: unknown = JSON.parse(answer);
    found = field(parsed, "virtualMachines");
  } catch {
    found = undefined;
  }
  if (!Array.isArray(found)) return [];
  return found.flatMap((machine: unknown) => {
    const uuid = field(field(machine, "config"), "uuid");
    if (typeof uuid !== "string" || !UUID.test(uuid)) return [];
    const name = field(machine, "name");
    const power = field(field(machine, "runtime"), "powerState");
    const said = typeof power === "string" ? power : "nothing";
    return [
      {
        instance: uuid,
        label: printable(typeof name === "string" ? name : uuid, 128),
        state: Object.hasOwn(STATES, said) ? (STATES[said] ?? "unknown") : "unknown",
        pending: false,
        ...(said !== "poweredOn" && { note: `vCenter says "${printable(said, 60)}"` }),
      },
    ];
  });
}

function field(value: unknown, key: string): unknown {
  const fields = Object(value) as Record<string, unknown>;
  return fields[key] ?? fields[key.charAt(0).toUpperCase() + key.slice(1)];
}
