/**
 * Outlets of a device that NUT knows (a PDU, a UPS with switched outlets), asked of upsd itself: upscmd prints
 * "ERR FAILED" and ends with 0.
 *
 * - on, off: the words of outlet.N.status; all else is unknown. Stale data is no state: upsd is silent then.
 * - upsd answers from memory: what its driver read at the last poll. So a command is given one poll more to be seen, and
 *   what somebody else switches is seen one poll late.
 * - Some drivers read outlets far more seldom than they poll (snmp-ups 2.8.0 with an Eaton map: not within five minutes of a
 *   command). What they remember is unknown, unless the entry says how old it may be.
 */
import {
  definePower,
  durationOf,
  flagOf,
  MAX_REQUEST_TIME,
  type Millis,
  numberOf,
  OobError,
  type OptionFault,
  type OptionValues,
  type OutletCommand,
  type OutletReading,
  type Pdu,
  type PduReading,
  type PowerContext,
  printable,
  seconds,
  secretOf,
  textOf,
  type UpsdDevice,
  withUpsd,
} from "oob/sdk";

const PORT = 3493;
/** pollinterval where the driver names none. */
const POLL_SECONDS = 2;
/** Drivers that read some of what they know at longer intervals than they say. */
const SELDOM: ReadonlySet<string> = new Set(["snmp-ups", "usbhid-ups", "mge-shut", "netxml-ups"]);
const MAX_POLL_SECONDS = 600;
const COMMANDS: readonly OutletCommand[] = ["on", "off"];
/** "outlet.3.status"; in a chain "device.2.outlet.3.status". Number 0 is all of them at once (docs/nut-names.txt). */
const STATUS = /^((?:device\.([1-9]\d{0,2})\.)?outlet\.([1-9]\d{0,3}))\.status$/;
const PIN = /^sha256:(?:[0-9a-f]{2}:?){31}[0-9a-f]{2}$/i;
const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|::1)$/;

export default definePower({
  summary: "Outlets of a PDU or UPS, through the upsd of Network UPS Tools",
  sources: [
    "NUT developer guide: network protocol 1.3; docs/nut-names.txt: outlet collection",
    "tried on upsd 2.8.0 (Debian)",
  ],
  address: "host-port",
  options: {
    host: { kind: "text", required: true, summary: "name or address of upsd" },
    port: { kind: "integer", default: PORT, min: 1, max: 65535, summary: "its TCP port" },
    ups: { kind: "text", required: true, summary: "name of the device there: upsc -l" },
    user: { kind: "text", summary: "user of upsd.users, for switching" },
    password: { kind: "secret", summary: "its password" },
    tls: { kind: "boolean", default: false, summary: "STARTTLS, or no talk at all" },
    pin: {
      kind: "text",
      summary: "fingerprint of its certificate, sha256:…, where nobody signed it",
    },
    insecure: {
      kind: "boolean",
      default: false,
      summary: "allow a password in clear text, without tls",
    },
    poll: {
      kind: "duration",
      min: 100,
      max: MAX_POLL_SECONDS * 1000,
      summary: "how old its data may be, instead of what its driver says",
    },
    timeout: {
      ...{ kind: "duration", default: "10s", min: 100, max: MAX_REQUEST_TIME },
      summary: "how long a request may take",
    },
  },
  check: optionFaults,
  open(options, context) {
    const [fault] = optionFaults(options);
    if (fault) throw new OobError("CONFIG_INVALID", `Cannot use upsd: ${fault.message}`);
    return Promise.resolve(openDevice(deviceOf(options), options, context));
  },
});

function optionFaults(options: OptionValues): readonly OptionFault[] {
  const ups = textOf(options, "ups");
  const tls = flagOf(options, "tls");
  const pin = textOf(options, "pin");
  if (!/^[\w.-]{1,64}$/.test(ups)) return [{ option: "ups", message: "it is no name" }];
  if (pin !== "" && !PIN.test(pin))
    return [{ option: "pin", message: 'expected "sha256:" and 64 hexadecimal digits' }];
  if (pin !== "" && !tls)
    return [{ option: "pin", message: "there is no certificate without TLS", hint: "tls: true" }];
  const clear = !tls && !LOOPBACK.test(textOf(options, "host"));
  if (!clear || secretOf(options, "password") === undefined || flagOf(options, "insecure"))
    return [];
  const message = "it would go over the network in clear text";
  const hint = "Use tls: true where upsd has a certificate, or say insecure: true";
  return [{ option: "password", message, hint }];
}

function deviceOf(options: OptionValues): UpsdDevice {
  const host = textOf(options, "host");
  const port = numberOf(options, "port", PORT);
  const ups = textOf(options, "ups");
  return {
    ...{ host, port, ups },
    label: `nut ${ups}@${printable(host, 100)}:${port}`,
    within: durationOf(options, "timeout", seconds(10)),
    hint: "Does upsd run there, and does LISTEN in its upsd.conf name that address?",
    ...(flagOf(options, "tls") && { pin: textOf(options, "pin") }),
  };
}

function openDevice(
  device: UpsdDevice,
  options: OptionValues,
  { clock, secret }: PowerContext,
): Pdu {
  const read = async (): Promise<PduReading> => {
    const [variables, commands] = await withUpsd(
      device,
      clock,
      async (upsd) => [await upsd.variables(), await upsd.commands()] as const,
    );
    if (variables.get("ups.status") === "WAIT")
      throw new OobError("PDU_SILENT", `Cannot read ${device.label}: its driver has read nothing`);
    const text = (...names: readonly string[]) => {
      const value = names.map((name) => variables.get(name)).find((one) => one !== undefined);
      return value === undefined ? undefined : printable(value, 128);
    };
    const model = text("device.model", "ups.model");
    const serial = text("device.serial", "ups.serial");
    const poll = durationOf(options, "poll", pollOf(variables));
    const by = variables.get("driver.name") ?? "";
    const doubted = SELDOM.has(by) && options.poll === undefined ? by : undefined;
    return {
      family: "nut",
      ...(model !== undefined && { model }),
      ...(serial !== undefined && { serial }),
      outlets: [...variables.keys()].flatMap((name) =>
        outletsOf(name, variables, commands, { poll, doubted }),
      ),
    };
  };
  return {
    label: device.label,
    commands: COMMANDS,
    settle: seconds(5),
    read,
    async readOutlet(instance) {
      const { outlets, serial } = await read();
      const found = outlets.find((one) => one.instance === instance);
      if (found) return { ...found, ...(serial !== undefined && { serial }) };
      const text = `Cannot find outlet "${printable(instance, 100)}" at ${device.label}`;
      const hint = `upsc ${device.ups} lists what it has: outlet.N.status`;
      throw new OobError("OUTLET_UNKNOWN", text, { hint });
    },
    async command(instance, command) {
      if (!COMMANDS.includes(command) || !STATUS.test(`${instance}.status`))
        throw new OobError("PDU_REFUSED", `Cannot do "${command}" to an outlet of ${device.label}`);
      const ref = secretOf(options, "password");
      const password = ref === undefined ? "" : await secret(ref);
      await withUpsd(device, clock, async (upsd) => {
        await upsd.logIn(textOf(options, "user"), password);
        await upsd.order(`${instance}.load.${command}`);
      });
    },
    close: () => Promise.resolve(),
  };
}

/** How old upsd's memory may be, and the driver that does not tell. */
interface Memory {
  readonly poll: Millis;
  readonly doubted: string | undefined;
}

/** The outlet whose state this variable is; none where it is another one. */
function outletsOf(
  variable: string,
  variables: ReadonlyMap<string, string>,
  commands: ReadonlySet<string>,
  { poll, doubted }: Memory,
): OutletReading[] {
  const [, instance = "", unit, number = ""] = STATUS.exec(variable) ?? [];
  if (instance === "") return [];
  const said = variables.get(variable) ?? "";
  const state = doubted === undefined && (said === "on" || said === "off") ? said : "unknown";
  const since =
    doubted === undefined ? "" : `, which ${doubted} may have read minutes ago: see poll`;
  const name = variables.get(`${instance}.desc`);
  const amps = amount(variables.get(`${instance}.current`));
  const watts = amount(variables.get(`${instance}.realpower`));
  const missing = COMMANDS.find((command) => !commands.has(`${instance}.load.${command}`));
  const fixed = variables.get(`${instance}.switchable`) === "no";
  return [
    {
      instance,
      label: unit === undefined ? number : `${unit}.${number}`,
      ...(name !== undefined && { name: printable(name, 128) }),
      state,
      pending: false,
      ...(state === "unknown" && { note: `upsd says "${printable(said, 60)}"${since}` }),
      ...(fixed && { refuses: "not switchable" }),
      ...(missing && { refuses: `not switchable: its driver has no "load.${missing}" for it` }),
      // What a command did shows after the next poll.
      delays: { on: poll, off: poll },
      age: poll,
      ...(amps !== undefined && { amps }),
      ...(watts !== undefined && { watts }),
    },
  ];
}

/** How old the driver's data may be, as it says. */
function pollOf(variables: ReadonlyMap<string, string>): Millis {
  const said = (name: string) => amount(variables.get(`driver.parameter.${name}`)) ?? 0;
  const longest = Math.max(said("pollinterval") || POLL_SECONDS, said("pollfreq"));
  return seconds(Math.min(longest, MAX_POLL_SECONDS));
}

const amount = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,9}(?:\.\d{1,6})?$/.test(text) ? Number(text) : undefined;
