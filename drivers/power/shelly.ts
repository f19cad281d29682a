/**
 * Shelly plugs and relays by their local HTTP interface: the first generation (/status, /relay/N) and all later ones
 * (RPC, logins by Digest with SHA-256). Which one it is, /shelly tells without a login.
 *
 * - on and off: `ison` or `output` true and false; all else is unknown.
 * - A timer that runs will switch the relay by itself: said in the note.
 * - Loads where the relay has a meter of its own and the meter says that it is valid.
 */
import {
  definePower,
  fieldOf,
  HTTP_OPTIONS,
  type HttpClient,
  httpFaults,
  httpPdu,
  listIn,
  numberIn,
  OobError,
  type OutletReading,
  openHttp,
  type PduReading,
  type PowerState,
  printable,
  seconds,
  textIn,
  textOf,
} from "oob/sdk";

/** More than any of them has. */
const MAX_RELAYS = 16;
/** Component of the later generations. */
const SWITCH = /^switch:(\d{1,3})$/;

export default definePower({
  summary: "Shelly plugs and relays of all generations, by local HTTP",
  sources: [
    "shelly-api-docs.shelly.cloud: Gen1 /shelly, /status, /settings/relay, /relay",
    "shelly-api-docs.shelly.cloud: Gen2 Shelly.GetDeviceInfo, GetStatus, GetConfig, Switch.Set, Authentication",
    "tried against a stand-in only",
  ],
  address: "host-port",
  options: HTTP_OPTIONS,
  check: (options) => httpFaults(options, false),
  async open(options, context) {
    const client = await openHttp("shelly", options, context, { user: "admin" });
    let generation: Generation | undefined;
    return httpPdu({
      client,
      settle: seconds(5),
      serial: textOf(options, "serial"),
      async load() {
        const about = await client.requestJson({ path: "/shelly", doing: "read" });
        generation = generationOf(about, client);
        return generation.load(client, about);
      },
      send: async (instance, command) => generation?.send(client, instance, command),
    });
  },
});

/** How the two kinds of firmware are spoken to. */
interface Generation {
  load(client: HttpClient, about: unknown): Promise<PduReading>;
  send(client: HttpClient, instance: string, command: "on" | "off"): Promise<void>;
}

function generationOf(about: unknown, client: HttpClient): Generation {
  const generation = numberIn(about, "gen");
  if (generation !== undefined && generation >= 2) return later;
  if (generation === undefined && textIn(about, "type") !== undefined) return first;
  throw new OobError(
    "PDU_UNKNOWN",
    `Cannot read ${client.label}: it does not say that it is a Shelly`,
    {
      hint: "Is this the right driver for it?",
    },
  );
}

const first: Generation = {
  async load(client, about) {
    const status = await client.requestJson({ path: "/status", doing: "read" });
    const relays = listIn(status, "relays").slice(0, MAX_RELAYS);
    const meters = listIn(status, "meters");
    const outlets: OutletReading[] = [];
    for (const [i, relay] of relays.entries()) {
      // Not /settings: that one holds the passwords of the device.
      const settings = await client.requestJson({ path: `/settings/relay/${i}`, doing: "read" });
      const name = textIn(settings, "name");
      // With fewer meters than relays nobody knows whose load it is.
      const meter = meters.length === relays.length ? meters[i] : undefined;
      const valid = fieldOf(meter, "is_valid") === true;
      const watts = valid ? numberIn(meter, "power") : undefined;
      const wattMinutes = valid ? numberIn(meter, "total") : undefined;
      outlets.push({
        ...outletOf(i, fieldOf(relay, "ison"), fieldOf(relay, "has_timer") === true),
        ...(name !== undefined && { name }),
        ...(watts !== undefined && { watts }),
        ...(wattMinutes !== undefined && { kwh: wattMinutes / 60_000 }),
      });
    }
    return { ...aboutOf(about, "type", "fw", textIn(status, "mac")), outlets };
  },
  async send(client, instance, command) {
    const doing = `switch ${instance} of`;
    const path = `/relay/${Number(instance) - 1}?turn=${command}`;
    const answer = await client.requestJson({ path, doing, acts: true });
    // It answers with the relay's new state; what it is in truth is read.
    if (typeof fieldOf(answer, "ison") === "boolean") return;
    throw new OobError("PDU_SILENT", `Cannot ${doing} ${client.label}: its answer names no state`);
  },
};

const later: Generation = {
  async load(client, about) {
    const status = await call(client, "Shelly.GetStatus");
    const config = await call(client, "Shelly.GetConfig");
    const keys = Object.keys(Object(status) as object).filter((key) => SWITCH.test(key));
    const outlets = keys.map((key): OutletReading => {
      const relay = fieldOf(status, key);
      const name = textIn(config, key, "name");
      const watts = numberIn(relay, "apower");
      const amps = numberIn(relay, "current");
      const wattHours = numberIn(relay, "aenergy", "total");
      const errors = listIn(relay, "errors").filter((error) => typeof error === "string");
      const timer = fieldOf(relay, "timer_started_at") !== undefined;
      return {
        ...outletOf(Number(SWITCH.exec(key)?.[1]), fieldOf(relay, "output"), timer),
        ...(name !== undefined && { name }),
        ...(errors.length > 0 && { note: printable(errors.join(", "), 128) }),
        ...(watts !== undefined && { watts }),
        ...(amps !== undefined && { amps }),
        ...(wattHours !== undefined && { kwh: wattHours / 1000 }),
      };
    });
    return { ...aboutOf(about, "model", "ver", textIn(status, "sys", "mac")), outlets };
  },
  async send(client, instance, command) {
    const doing = `switch ${instance} of`;
    const path = `/rpc/Switch.Set?id=${Number(instance) - 1}&on=${command === "on"}`;
    const answer = await client.requestJson({ path, doing, acts: true });
    if (fieldOf(answer, "code") === undefined) return;
    throw new OobError("PDU_REFUSED", `Cannot ${doing} ${client.label}: it answers with an error`);
  },
};

const call = (client: HttpClient, method: string): Promise<unknown> =>
  client.requestJson({ path: `/rpc/${method}`, doing: "read" });

function outletOf(id: number, said: unknown, timer: boolean): OutletReading {
  const state: PowerState = said === true ? "on" : said === false ? "off" : "unknown";
  return {
    // Counted from 0 on the wire and from 1 on the device (O1, O2): here from 1, so that a number means one relay only.
    ...{ instance: String(id + 1), label: String(id + 1), state, pending: false },
    ...(state === "unknown" && { note: "it does not give the state of the relay" }),
    ...(timer && { note: "a timer of its own runs, and will switch it" }),
  };
}

/** The MAC address counts only where the answer that holds the states has it: there the login has been checked. */
function aboutOf(about: unknown, model: string, version: string, mac: string | undefined) {
  const named = textIn(about, model);
  const firmware = textIn(about, version);
  return {
    family: "shelly",
    ...(named !== undefined && { model: named }),
    ...(firmware !== undefined && { firmware }),
    ...(mac !== undefined && { serial: mac }),
  };
}
