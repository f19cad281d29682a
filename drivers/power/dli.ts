/**
 * Digital Loggers Web Power Switch Pro and Ethernet Power Controller by their REST API; older ones, and newer ones with
 * "legacy plaintext login" allowed, by /status and /outlet?1=OFF (api: legacy).
 *
 * - on and off: physical_state true and false. "state" is what was configured, and says nothing about the relay.
 * - pending: the transient state, which the relay is to follow, differs from it.
 * - A locked outlet is refused before anything is sent.
 *
 * REST counts outlets from 0, the device from 1: here from 1, so that a number means one outlet only.
 *
 * Legacy: three bytes in hexadecimal, a bit an outlet, the lowest is outlet 1: state, lock, and perm. An outlet that the
 * user has no right to see reads as off there, so those without their bit in perm are left out. What is no page of that
 * kind, or has no perm, is no reading. It tells no name, no serial number and nothing that is pending.
 */
import {
  definePower,
  fieldOf,
  HTTP_OPTIONS,
  type HttpClient,
  httpFaults,
  httpPdu,
  OobError,
  type OptionValues,
  type OutletReading,
  openHttp,
  type PduReading,
  seconds,
  textIn,
  textOf,
} from "oob/sdk";

const OUTLETS = "/restapi/relay/outlets/";
const STATES = { on: "true", off: "false" } as const;
const LEGACY_OUTLETS = 8;
const LEGACY_WORDS = { on: "ON", off: "OFF" } as const;
/** Where a page sends whoever has switched: back to its list of outlets. */
const BACK = /^(?:https?:\/\/[^/]{1,200})?\/?(?:index\.htm)?$/;

export default definePower({
  summary: "Digital Loggers power switches, by their REST API or their older page",
  sources: [
    "digital-loggers.com/rest.html: states, X-CSRF, Digest, outlets from 0",
    "DLI REST-style API Reference and Object Model Reference (public.digital-loggers.com)",
    "digital-loggers.com/http.html and curl.html: outlet?1=OFF, /status with state, lock and perm",
    "tried against a stand-in only",
  ],
  address: "host-port",
  options: {
    ...HTTP_OPTIONS,
    api: {
      ...{ kind: "choice", choices: ["rest", "legacy"], default: "rest" },
      summary: "legacy: units without the REST API, by outlet?1=OFF",
    },
  },
  check: (options) => httpFaults(options, isLegacy(options)),
  async open(options, context) {
    const legacy = isLegacy(options);
    const client = await openHttp("dli", options, context, { clear: legacy });
    return httpPdu({
      client,
      settle: seconds(10),
      serial: textOf(options, "serial"),
      load: () => (legacy ? loadLegacy(client) : load(client)),
      send: (instance, command) => (legacy ? sendLegacy : send)(client, instance, command),
    });
  },
});

async function load(client: HttpClient): Promise<PduReading> {
  const read = (path: string) =>
    client.requestJson({ path, doing: "read", headers: { accept: "application/json" } });
  const outlets = await read(OUTLETS);
  const serial = await optional(() => read("/restapi/config/serial/"));
  const model = await optional(() => read("/restapi/relay/model/"));
  return {
    family: "dli",
    ...(model !== undefined && { model }),
    ...(serial !== undefined && { serial }),
    outlets: Array.isArray(outlets) ? outlets.map(outletIn) : [],
  };
}

/** What users who are not admin may not read, and older firmware does not have. */
async function optional(read: () => Promise<unknown>): Promise<string | undefined> {
  try {
    const value = await read();
    return textIn({ value }, "value");
  } catch (thrown) {
    const known =
      thrown instanceof OobError && ["PDU_REFUSED", "PDU_UNKNOWN"].includes(thrown.code);
    if (known) return undefined;
    throw thrown;
  }
}

function outletIn(outlet: unknown, place: number): OutletReading {
  const name = textIn(outlet, "name");
  const physical = fieldOf(outlet, "physical_state");
  const transient = fieldOf(outlet, "transient_state");
  const state = physical === true ? "on" : physical === false ? "off" : "unknown";
  const pending = typeof transient === "boolean" && transient !== physical;
  return {
    ...{ instance: String(place + 1), label: String(place + 1), state, pending },
    ...(name !== undefined && { name }),
    ...(state === "unknown" && { note: "it does not give the state of the relay" }),
    ...(fieldOf(outlet, "locked") === true && { refuses: "locked" }),
  };
}

async function send(client: HttpClient, instance: string, command: "on" | "off"): Promise<void> {
  // One outlet by its own path: a matrix URI would be answered 207, whatever became of each.
  await client.requestText({
    ...{
      method: "PUT",
      path: `${OUTLETS}${Number(instance) - 1}/state/`,
      body: `value=${STATES[command]}`,
    },
    // Without X-CSRF it takes nothing.
    headers: { "content-type": "application/x-www-form-urlencoded", "x-csrf": "x" },
    ...{ doing: `switch ${instance} of`, acts: true },
  });
}

const isLegacy = (options: OptionValues): boolean => textOf(options, "api") === "legacy";

async function loadLegacy(client: HttpClient): Promise<PduReading> {
  const page = await client.requestText({ path: "/status", doing: "read" });
  const [state, lock, perm] = ["state", "lock", "perm"].map((name) => byteIn(page, name));
  if (state === undefined || lock === undefined || perm === undefined)
    throw new OobError("PDU_UNKNOWN", `Cannot read ${client.label}: its /status gives no states`, {
      hint: "Its firmware may be older than that page; units with the REST API: api: rest",
    });
  const outlets = Array.from({ length: LEGACY_OUTLETS }, (_, place) => ({
    ...{ instance: String(place + 1), label: String(place + 1), pending: false },
    state: bit(state, place) ? ("on" as const) : ("off" as const),
    ...(bit(lock, place) && { refuses: "locked" }),
  }));
  return { family: "dli", outlets: outlets.filter((_, place) => bit(perm, place)) };
}

const bit = (byte: number, place: number): boolean => ((byte >> place) & 1) === 1;

/** The byte in <div id="state">b5</div>; undefined where it is not there exactly once. */
function byteIn(page: string, id: string): number | undefined {
  const [one, ...others] = page.matchAll(new RegExp(`<div id="${id}">([^<]{0,40})</div>`, "g"));
  const text = others.length === 0 ? (one?.[1] ?? "") : "";
  return /^[0-9a-f]{2}$/i.test(text) ? Number.parseInt(text, 16) : undefined;
}

async function sendLegacy(
  client: HttpClient,
  instance: string,
  command: "on" | "off",
): Promise<void> {
  const path = `/outlet?${instance}=${LEGACY_WORDS[command]}`;
  const request = { path, doing: `switch ${instance} of`, acts: true };
  const answer = await client.exchange(request);
  const { status, headers } = answer;
  const back = status >= 300 && status < 400 && BACK.test(headers.location ?? "");
  if (!back && (status < 200 || status >= 300)) throw client.refusal(request, answer);
}
