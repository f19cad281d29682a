/**
 * A QEMU machine's power, over its QMP socket. The words mean what they mean at an outlet:
 *
 * - on: the machine has power. It runs, or it stands still with its state kept (paused by somebody, panicked, out of
 *   disk space); the note says so. `on` starts a machine that is off (`cont`; after a shutdown first `system_reset`).
 * - off: nothing runs and nothing is kept. QEMU has two such states: "shutdown" (the guest powered off and QEMU was
 *   started with -no-shutdown) and "prelaunch" (reset while stopped). `off` makes the second: `stop`, `system_reset`.
 *   A machine that is only stopped is not off.
 * - reset: `system_reset`, and `cont` where it stood still. soft: the power button, which the guest may ignore.
 * - unknown: migration and whatever else QEMU may say; a socket that is not there or does not answer. With
 *   `absent: off` a socket that is gone or refuses counts as off: only where the process ending means that.
 *
 * The socket takes one client at a time, so it is opened for each request and left again.
 */
import {
  type Clock,
  definePower,
  durationOf,
  MAX_REQUEST_TIME,
  numberOf,
  OobError,
  type OptionFault,
  type OptionValues,
  type OutletCommand,
  type OutletReading,
  type Pdu,
  type PduReading,
  type PowerState,
  printable,
  type QmpAddress,
  type QmpAsk,
  seconds,
  textOf,
  withQmp,
} from "oob/sdk";

/** QEMU's run states (qapi/run-state.json) that are on or off; all others are unknown. */
const RUN_STATES: Readonly<Record<string, PowerState>> = {
  running: "on",
  paused: "on",
  suspended: "on",
  debug: "on",
  watchdog: "on",
  "guest-panicked": "on",
  "internal-error": "on",
  "io-error": "on",
  "save-vm": "on",
  prelaunch: "off",
  shutdown: "off",
};

const INSTANCE = "machine";
const NO_UUID = "00000000-0000-0000-0000-000000000000";
const COMMANDS: readonly OutletCommand[] = ["on", "off", "reset", "soft", "nmi"];
/** Errors of a socket behind which no process is. */
const ABSENT = ["ENOENT", "ECONNREFUSED"];

interface Address extends QmpAddress {
  readonly absentIsOff: boolean;
}

export default definePower({
  summary: "QEMU machine over its QMP socket",
  sources: ["QEMU docs/interop/qmp-spec.rst", "QEMU qapi/run-state.json, qapi/machine.json (7.2)"],
  address: "path",
  options: {
    path: { kind: "text", summary: "Unix socket of -qmp" },
    host: { kind: "text", summary: "address of a TCP socket, instead of a path" },
    port: { kind: "integer", min: 1, max: 65535, summary: "port of a TCP socket" },
    absent: {
      kind: "choice",
      choices: ["unknown", "off"],
      default: "unknown",
      summary: "what a socket that is gone means",
    },
    timeout: {
      kind: "duration",
      default: "3s",
      min: 100,
      max: MAX_REQUEST_TIME,
      summary: "how long an answer may take",
    },
  },
  check: addressFaults,
  open(options, { clock }) {
    const machine = addressOf(options);
    return Promise.resolve(openMachine(machine, clock));
  },
});

function addressFaults(options: OptionValues): readonly OptionFault[] {
  const byPath = textOf(options, "path") !== "";
  const byHost = textOf(options, "host") !== "" && numberOf(options, "port", 0) !== 0;
  return byPath === byHost
    ? [{ option: "path", message: "give either a path, or host and port" }]
    : [];
}

function addressOf(options: OptionValues): Address {
  const path = textOf(options, "path");
  const host = textOf(options, "host");
  const port = numberOf(options, "port", 0);
  const [fault] = addressFaults(options);
  if (fault) throw new OobError("CONFIG_INVALID", `Cannot use QMP: ${fault.message}`);
  return {
    label: path === "" ? `${host}:${port}` : path,
    where: path === "" ? { host, port } : { path },
    timeout: durationOf(options, "timeout", seconds(3)),
    absentIsOff: textOf(options, "absent") === "off",
  };
}

function openMachine(machine: Address, clock: Clock): Pdu {
  const readOutlet = async (instance: string) => {
    if (instance !== INSTANCE)
      throw new OobError(
        "OUTLET_UNKNOWN",
        `Cannot read "${instance}" of ${machine.label}: a machine has one outlet, "${INSTANCE}"`,
      );
    try {
      return await withQmp(machine, clock, readMachine);
    } catch (error) {
      if (machine.absentIsOff && isAbsent(error)) return absent();
      throw error;
    }
  };
  return {
    label: machine.label,
    commands: COMMANDS,
    settle: seconds(5),
    readOutlet,
    async read(): Promise<PduReading> {
      const { serial, ...outlet } = await readOutlet(INSTANCE);
      return { family: "qemu", outlets: [outlet], ...(serial !== undefined && { serial }) };
    },
    command: (_instance, command) => withQmp(machine, clock, (one) => obey(one, command, machine)),
    close: () => Promise.resolve(),
  };
}

/** A reading with the machine's UUID, which tells it from another one at the same socket. */
type MachineReading = OutletReading & { readonly serial?: string };

const absent = (): MachineReading => ({
  instance: INSTANCE,
  label: "1",
  state: "off",
  pending: false,
  note: "no process has the socket",
  refuses: "not startable: its process is gone, start QEMU",
});

async function readMachine(one: QmpAsk): Promise<MachineReading> {
  const status = textIn(await one("query-status"), "status") ?? "";
  const name = textIn(await one("query-name"), "name");
  const uuid = textIn(await one("query-uuid"), "UUID");
  return {
    instance: INSTANCE,
    label: "1",
    ...(name !== undefined && { name }),
    ...(uuid !== undefined && uuid !== NO_UUID && { serial: uuid }),
    state: Object.hasOwn(RUN_STATES, status) ? (RUN_STATES[status] ?? "unknown") : "unknown",
    pending: false,
    ...(status !== "running" && { note: `QEMU says "${status}"` }),
  };
}

async function obey(one: QmpAsk, command: OutletCommand, machine: Address): Promise<void> {
  switch (command) {
    case "on":
      // A machine that was shut down has to be reset before it runs again.
      if (textIn(await one("query-status"), "status") === "shutdown") await one("system_reset");
      await one("cont");
      return;
    case "off":
      await one("stop");
      await one("system_reset");
      return;
    case "reset": {
      const running = textIn(await one("query-status"), "status") === "running";
      await one("system_reset");
      if (!running) await one("cont");
      return;
    }
    case "soft":
      await one("system_powerdown");
      return;
    case "nmi":
      await one("inject-nmi");
      return;
    case "cycle":
    case "identify":
      throw new OobError(
        "PDU_REFUSED",
        `Cannot ${command} ${machine.label}: QEMU has no such command`,
      );
  }
}

function textIn(value: unknown, key: string): string | undefined {
  const text = (Object(value) as Record<string, unknown>)[key];
  return typeof text === "string" ? printable(text, 128) : undefined;
}

function isAbsent(error: unknown): boolean {
  const { cause } = Object(error) as { readonly cause?: unknown };
  return ABSENT.includes(String((Object(cause) as Record<string, unknown>).code));
}
