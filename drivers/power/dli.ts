/**
 * Digital Loggers Web Power Switch Pro and Ethernet Power Controller by their REST API.
 *
 * - on and off: physical_state true and false. "state" is what was configured, and says nothing about the relay.
 * - pending: the transient state, which the relay is to follow, differs from it.
 * - A locked outlet is refused before anything is sent.
 *
 * On the wire outlets are counted from 0, on the device from 1: here from 1, so that a number means one outlet only.
 */
import {
  definePower,
  fieldOf,
  HTTP_OPTIONS,
  type HttpClient,
  httpFaults,
  httpPdu,
  OobError,
  type OutletReading,
  openHttp,
  type PduReading,
  seconds,
  textIn,
  textOf,
} from "oob/sdk";

const OUTLETS = "/restapi/relay/outlets/";
const STATES = { on: "true", off: "false" } as const;
export default definePower({
  summary: "Digital Loggers power switches, by their REST API",
  sources: [
    "digital-loggers.com/rest.html: states, X-CSRF, Digest, outlets from 0",
    "DLI REST-style API Reference and Object Model Reference (public.digital-loggers.com)",
    "tried against a stand-in only",
  ],
  address: "host-port",
  options: HTTP_OPTIONS,
  check: (options) => httpFaults(options, false),
  async open(options, context) {
    const client = await openHttp("dli", options, context);
    return httpPdu({
      client,
      settle: seconds(10),
      serial: textOf(options, "serial"),
      load: () => load(client),
      send: (instance, command) => send(client, instance, command),
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
