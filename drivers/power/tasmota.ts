/**
 * Relays with Tasmota firmware, by web requests.
 *
 * - on and off: the words ON and OFF. They can be renamed (StateText), and a renamed word is unknown: it may be either.
 * - PulseTime turns a relay off by itself, and Interlock turns others off: such relays are read, and refuse commands. A
 *   host must not lose its power because another one gets it.
 * - The device wants user and password in the query. Errors never show a path.
 */
import {
  definePower,
  fieldOf,
  HTTP_OPTIONS,
  type HttpAnswer,
  type HttpClient,
  httpFaults,
  httpPdu,
  listIn,
  numberIn,
  OobError,
  type OptionValues,
  type OutletReading,
  openHttp,
  type PduReading,
  type PowerContext,
  type PowerState,
  seconds,
  secretOf,
  textIn,
  textOf,
} from "oob/sdk";

const STATES: ReadonlyMap<unknown, PowerState> = new Map([
  ["ON", "on"],
  ["OFF", "off"],
]);
/** "POWER" of a device with one relay, "POWER1" and on of others. Power0 switches all of them. */
const POWER = /^POWER([1-9]\d?)?$/;
const SILENT =
  "Is it there? With SetOption128 0 it takes web requests and does not answer: SetOption128 1";

export default definePower({
  summary: "Relays with Tasmota firmware, by web requests",
  sources: [
    "tasmota.github.io/docs: Commands, JSON Status Responses, Interlock, PulseTime, StateText",
    "Tasmota's xdrv_01_9_webserver.ino: HandleHttpCommand, HttpCheckPriviledgedAccess (Referer, SetOption128)",
    "before 8.2.3 a wrong password is answered 200 with a WARNING",
    "tried against a stand-in only",
  ],
  address: "host-port",
  options: HTTP_OPTIONS,
  check: (options) => httpFaults(options, true),
  async open(options, context) {
    const client = await openHttp("tasmota", options, context, { clear: true, ownLogin: true });
    const relays = new Tasmota(client, await credentials(options, context));
    return httpPdu({
      client,
      settle: seconds(5),
      serial: textOf(options, "serial"),
      load: () => relays.load(),
      send: (instance, command) => relays.send(instance, command),
    });
  },
});

/** What goes into the query before the command. */
async function credentials(options: OptionValues, { secret }: PowerContext): Promise<string> {
  const ref = secretOf(options, "password");
  if (ref === undefined) return "";
  const user = encodeURIComponent(textOf(options, "user") || "admin");
  return `user=${user}&password=${encodeURIComponent(await secret(ref))}&`;
}

class Tasmota {
  readonly #client: HttpClient;
  readonly #credentials: string;

  constructor(client: HttpClient, credentials: string) {
    this.#client = client;
    this.#credentials = credentials;
  }

  async load(): Promise<PduReading> {
    const reading = readingIn(await this.#ask("Status 0", "read"));
    const interlock = await this.#ask("Interlock", "read");
    const outlets: OutletReading[] = [];
    for (const outlet of reading.outlets) {
      const pulse = await this.#ask(`PulseTime${outlet.instance}`, "read");
      const trap = interlocked(interlock, outlet.instance) ?? pulsed(pulse, outlet.instance);
      outlets.push(trap === undefined ? outlet : { note: trap, ...outlet, refuses: trap });
    }
    return { ...reading, outlets };
  }

  async send(instance: string, command: "on" | "off"): Promise<void> {
    const doing = `switch ${instance} of`;
    const cannot = `Cannot ${doing} ${this.#client.label}`;
    const answer = await this.#ask(`Power${instance} ${command}`, doing, true);
    if (fieldOf(answer, "Command") !== undefined)
      throw new OobError("PDU_REFUSED", `${cannot}: it does not know the command`);
    if (Object.keys(Object(answer) as object).some((key) => POWER.test(key))) return;
    throw new OobError("PDU_SILENT", `${cannot}: its answer names no state`);
  }

  async #ask(command: string, doing: string, acts = false): Promise<unknown> {
    const path = `/cm?${this.#credentials}cmnd=${encodeURIComponent(command)}`;
    const request = { path, doing, acts };
    const answer = await this.#client.exchange(request).catch((thrown: unknown) => {
      const silent = thrown instanceof OobError && thrown.code === "PDU_SILENT";
      throw silent
        ? new OobError(thrown.code, thrown.message, { cause: thrown, hint: SILENT })
        : thrown;
    });
    const said = parse(answer);
    const warned = textIn(said, "WARNING");
    if (answer.status === 401 || (warned !== undefined && /user/i.test(warned)))
      throw new OobError(
        "LOGIN_REFUSED",
        `Cannot ${doing} ${this.#client.label}: it does not take the user or the password`,
        { hint: "Give user: (admin) and password: secret:NAME, the WebPassword of the device" },
      );
    if (answer.status !== 200) throw this.#client.refusal(request, answer);
    if (said === undefined)
      throw new OobError(
        acts ? "PDU_SILENT" : "PDU_UNKNOWN",
        `Cannot ${doing} ${this.#client.label}: its answer is no JSON`,
        { hint: "Is it Tasmota?" },
      );
    return said;
  }
}

function parse({ body }: HttpAnswer): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}

function readingIn(answer: unknown): PduReading {
  const states = fieldOf(answer, "StatusSTS");
  const serial = textIn(answer, "StatusNET", "Mac");
  const firmware = textIn(answer, "StatusFWR", "Version");
  const keys = Object.keys(Object(states) as object).filter((key) => POWER.test(key));
  const energy = fieldOf(answer, "StatusSNS", "ENERGY");
  const total = keys.length > 1 ? numberIn(energy, "Power") : undefined;
  return {
    family: "tasmota",
    ...(serial !== undefined && { serial }),
    ...(firmware !== undefined && { firmware }),
    outlets: keys.map((key) => {
      const number = POWER.exec(key)?.[1] || "1";
      const watts = loadOf(energy, "Power", number, keys.length);
      const amps = loadOf(energy, "Current", number, keys.length);
      const kwh = loadOf(energy, "Total", number, keys.length);
      return {
        ...outletOf(number, fieldOf(states, key), fieldOf(answer, "Status", "FriendlyName")),
        ...(watts !== undefined && { watts }),
        ...(amps !== undefined && { amps }),
        ...(kwh !== undefined && { kwh }),
      };
    }),
    ...(total !== undefined && { totals: { watts: total } }),
  };
}

function outletOf(number: string, said: unknown, names: unknown): OutletReading {
  const state = STATES.get(said) ?? "unknown";
  const name = textIn(names, String(Number(number) - 1)) ?? textIn({ names }, "names");
  const word = textIn({ said }, "said") ?? "nothing";
  return {
    ...{ instance: number, label: number, state, pending: false },
    ...(name !== undefined && { name }),
    ...(state === "unknown" && { note: `it says "${word}", neither ON nor OFF: see StateText` }),
  };
}

/** One meter for one relay, or a list with as many values as relays; another meter belongs to no relay alone. */
function loadOf(energy: unknown, what: string, number: string, relays: number) {
  if (relays === 1) return numberIn(energy, what);
  const values = listIn(energy, what);
  return values.length === relays ? numberIn({ of: values[Number(number) - 1] }, "of") : undefined;
}

/** {"Interlock":"ON","Groups":"1,2 3,4"}: only one relay of a group is on, the others are turned off. */
function interlocked(answer: unknown, instance: string): string | undefined {
  const said = textIn(answer, "Interlock");
  // Firmware or a device without the command has no Interlock.
  if (said === undefined || said === "OFF") return undefined;
  const groups = (textIn(answer, "Groups") ?? "").split(" ").map((group) => group.split(","));
  const mine = groups.find((group) => group.includes(instance));
  if (said === "ON" && mine?.length === 1) return undefined;
  const others = mine?.filter((relay) => relay !== instance).join(", ") || "others";
  return `interlocked ("${said}"): switching it on turns ${others} off`;
}

/** {"PulseTime1":{"Set":0,"Remaining":0}}, in older firmware {"PulseTime1":"0 (disabled)"}. */
function pulsed(answer: unknown, instance: string): string | undefined {
  const said = fieldOf(answer, `PulseTime${instance}`);
  const set = numberIn(said, "Set") ?? Number.parseInt(textIn({ said }, "said") ?? "0", 10);
  return set === 0 ? undefined : "set to turn off by itself (PulseTime)";
}
