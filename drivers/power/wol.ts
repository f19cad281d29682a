/**
 * Machines that are woken by a magic packet. It is a wish: no machine answers it, and there is nothing to read, so the
 * state is unknown and `on` is never called done.
 *
 * With `answers:` there is a second source: a TCP port of the machine that takes a connection shows that it is on. That
 * it takes none shows nothing: the state is on or unknown, never off, and there is no off.
 *
 *   FF FF FF FF FF FF, 16 times the address, the SecureOn password where there is one; UDP, port 9, broadcast
 */
import { createSocket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { isIP, isIPv4 } from "node:net";
import {
  addressText,
  connectSocket,
  definePower,
  durationOf,
  formatDuration,
  type Millis,
  messageOf,
  minutes,
  namedValues,
  numberOf,
  OobError,
  type OptionFault,
  type OptionValues,
  type OutletReading,
  type Pdu,
  type PowerContext,
  printable,
  seconds,
  secretOf,
  textOf,
} from "oob/sdk";

const PORT = 9;
const REPEATS = 16;
const MAC = /^[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}$/i;
/** SecureOn: six bytes as an address is written, or four as ether-wake takes them too. */
const isSecureOn = (text: string): boolean => MAC.test(text) || isIPv4(text);
const ANSWER = /^(\[[0-9a-f:.]+\]|[\w.-]+):(\d{1,5})$/i;
/** How long a machine may take to answer a connection. */
const CONNECT_WITHIN: Millis = seconds(2);
/** The system's own limit is 20 s and more, and cannot be shortened. */
const LOOK_UP_WITHIN: Millis = seconds(5);

export default definePower({
  summary: "Wake-on-LAN: can only switch on, and cannot read",
  sources: ["AMD, Magic Packet Technology, publication 20213", "ether-wake(8): SecureOn password"],
  address: "none",
  options: {
    machines: { kind: "list", required: true, summary: "NAME=MAC of each: web1=00:25:90:1b:2c:3d" },
    answers: { kind: "list", summary: "NAME=HOST:PORT that takes a connection when it is up" },
    to: { kind: "text", default: "255.255.255.255", summary: "broadcast address, or a host's" },
    port: { kind: "integer", default: PORT, min: 1, max: 65535, summary: "UDP port" },
    password: { kind: "secret", summary: "SecureOn password" },
    boot: { kind: "duration", default: "3m", summary: "how long a machine may take to answer" },
  },
  check: optionFaults,
  open(options, context) {
    const [fault] = optionFaults(options);
    if (fault) throw new OobError("CONFIG_INVALID", `Cannot use Wake-on-LAN: ${fault.message}`);
    return Promise.resolve(openMachines(options, context));
  },
});

function optionFaults(options: OptionValues): readonly OptionFault[] {
  const machines = namedValues(options, "machines");
  const answers = namedValues(options, "answers");
  if (!machines?.size || ![...machines.values()].every((mac) => MAC.test(mac)))
    return [{ option: "machines", message: "expected NAME=MAC, as web1=00:25:90:1b:2c:3d" }];
  if (!answers || ![...answers.values()].every((one) => ANSWER.test(one)))
    return [{ option: "answers", message: "expected NAME=HOST:PORT, as web1=10.9.0.40:22" }];
  const stranger = [...answers.keys()].find((name) => !machines.has(name));
  if (stranger === undefined) return [];
  return [{ option: "answers", message: `"${stranger}" is none of the machines` }];
}

function openMachines(options: OptionValues, context: PowerContext): Pdu {
  const machines = namedValues(options, "machines") ?? new Map<string, string>();
  const answers = namedValues(options, "answers") ?? new Map<string, string>();
  const to = textOf(options, "to") || "255.255.255.255";
  const label = `wol ${printable(to, 100)}`;
  const macOf = (name: string): string => {
    const mac = machines.get(name);
    if (mac !== undefined) return mac;
    throw new OobError("OUTLET_UNKNOWN", `Cannot wake "${printable(name, 100)}": no such machine`, {
      hint: `Machines: ${[...machines.keys()].join(", ")}`,
    });
  };
  const readOne = async (name: string): Promise<OutletReading> => {
    macOf(name);
    const note = await silence(answers.get(name), context);
    const seen = { instance: name, label: name, pending: false };
    return note === undefined ? { ...seen, state: "on" } : { ...seen, state: "unknown", note };
  };
  return {
    label,
    commands: ["on"],
    settle: answers.size === 0 ? 0 : durationOf(options, "boot", minutes(3)),
    async read() {
      return { family: "wol", outlets: await Promise.all([...machines.keys()].map(readOne)) };
    },
    readOutlet: readOne,
    async command(name, command) {
      const mac = macOf(name);
      if (command !== "on")
        throw new OobError(
          "PDU_REFUSED",
          `Cannot do "${command}" to ${name}: Wake-on-LAN wakes only`,
        );
      const ref = secretOf(options, "password");
      const packet = magic(mac, ref === undefined ? "" : (await context.secret(ref)).trim(), label);
      const address = await addressOf(to, label, context);
      await send(packet, address, numberOf(options, "port", PORT), label);
    },
    close: () => Promise.resolve(),
  };
}

/** Why nothing shows that the machine is on; undefined where a connection was taken. */
async function silence(
  answer: string | undefined,
  context: PowerContext,
): Promise<string | undefined> {
  if (answer === undefined) return "Wake-on-LAN cannot read whether the machine woke";
  const [, name = "", port = ""] = ANSWER.exec(answer) ?? [];
  const address = { host: name.replace(/^\[|\]$/g, ""), port: Number(port) };
  try {
    const socket = await connectSocket(address, { ...context, timeout: CONNECT_WITHIN });
    socket.destroy();
    return undefined;
  } catch (error) {
    return `${printable(addressText(address), 100)} takes no connection (${messageOf(error)})`;
  }
}

function magic(mac: string, password: string, label: string): Uint8Array {
  const address = bytesOf(mac);
  if (password !== "" && !isSecureOn(password))
    throw new OobError("CONFIG_INVALID", `Cannot use the password of ${label}`, {
      hint: "SecureOn is six bytes as 00:11:22:33:44:55, or four as 1.2.3.4",
    });
  return Uint8Array.from([
    ...Array.from({ length: 6 }, () => 0xff),
    ...Array.from({ length: REPEATS }, () => address).flat(),
    ...(password === "" ? [] : bytesOf(password)),
  ]);
}

const bytesOf = (text: string): number[] =>
  text.includes(".")
    ? text.split(".").map(Number)
    : text.split(/[:-]/).map((part) => Number.parseInt(part, 16));

/** A name's address. The name service may be what does not answer: nothing is sent when that took too long. */
async function addressOf(to: string, label: string, { clock }: PowerContext): Promise<string> {
  if (isIP(to)) return to;
  const enough = new AbortController();
  const late = clock.sleep(LOOK_UP_WITHIN, enough.signal).then(() => {
    throw new Error(`the name service does not answer within ${formatDuration(LOOK_UP_WITHIN)}`);
  });
  try {
    return (await Promise.race([lookup(to), late])).address;
  } catch (cause) {
    throw new OobError("PDU_REFUSED", `Cannot send a packet to ${label}: ${messageOf(cause)}`, {
      cause,
      hint: "to: the broadcast address of the machine's network, 10.9.0.255",
    });
  } finally {
    late.catch(() => undefined);
    enough.abort();
  }
}

/** Sends it once, and to its end: what the network does with it, nobody says. */
async function send(packet: Uint8Array, to: string, port: number, label: string): Promise<void> {
  const socket = createSocket(to.includes(":") ? "udp6" : "udp4");
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.bind(0, () => {
        if (!to.includes(":")) socket.setBroadcast(true);
        socket.send(packet, port, to, (error) => (error ? reject(error) : resolve()));
      });
    });
  } catch (cause) {
    throw new OobError("PDU_REFUSED", `Cannot send a packet to ${label}: ${messageOf(cause)}`, {
      cause,
      hint: "to: the broadcast address of the machine's network, 10.9.0.255",
    });
  } finally {
    socket.close();
  }
}
